export const consent = {
  tabTitle: 'Before you share - Fallow',
  agree: 'I agree, share my connection',
  decline: 'No, share nothing',
  openQuestions: { one: 'One question is still open.', other: '{count} questions are still open.' },
  toQuestions: 'Go to the questions',
  missing: 'Please choose an answer. Fallow does not choose for you.',
  browserAsksNext:
    'After this click your browser asks for access to all websites. Without it nothing can be fetched.',
  accessDenied:
    'The browser’s access was not given, so nothing is shared. Click “I agree” again and allow it there, or say no.',
  agreed: 'You agreed. Fallow connects now.',
  agreedHint:
    'The icon in the toolbar shows the state and the points. You can pause there at any time. This tab may be closed.',
  declined: 'You said no. Nothing connects and nothing is fetched.',
  declinedHint: 'You can change your mind on this page, or remove the extension. This tab may be closed.',
  agreedBefore: 'You agreed to this text on {time}.',
  yourAnswers: 'Your answers are in the options, where you can change them.',
  openOptions: 'Open the options',
  changed: 'The text has changed since you agreed',
  changedWhen:
    'You agreed to version {before} on {time}. Version {now} is of {date}. Nothing is shared until you answer.',
  new: 'New in it:',
  accessGone: 'You agreed on {time}, but the browser’s access is gone. Agree again to give it back.',
  version: 'Version {version} of {date}',
}
