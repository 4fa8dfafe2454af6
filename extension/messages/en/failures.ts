import type { CommandFailureCode } from '../commands.ts'
import type { RelayUrlProblem } from '../relay-url.ts'

/** What the owner is told when something that they asked for was not done. */
export const failures = {
  'consent-outdated': 'The text has changed. Reload this page, read it again, and decide then.',
  'consent-missing': 'You have not agreed yet. Read the agreement first.',
  'host-access-missing': 'The browser’s access was not given. Click “I agree” again and allow it.',
  'relay-url-invalid': 'That relay cannot be used.',
  'questions-open': 'Answer every question first.',
  'settings-invalid': 'That was not saved.',
  'recovery-code-invalid': 'This is not a whole recovery code. Check it for a missing or wrong letter.',
  'recovery-code-unknown': 'The relay does not know this code. A newer code may have replaced it.',
  'too-many-tries': 'Too many tries. Wait some minutes and try again.',
  'relay-not-reached':
    'The relay was not reached, so nothing was changed. Try again when Fallow is connected.',
  'managed-by-organisation': 'Your organisation has fixed this.',
  'unknown-command': 'This page is older than the extension. Close it and open it again.',
  'background-failed': 'Fallow could not do that. Try again.',
  'background-unreachable':
    'Fallow did not answer. Close this page, open it again, and if that does not help restart the browser.',
} satisfies Record<CommandFailureCode, string>

/** Why an address cannot be a relay's. */
export const relayUrlProblems = {
  'not-an-address': 'This is not a web address. Write it in full, for example https://relay.example.org.',
  'not-http': 'The address must begin with https://.',
  'plain-http-off-loopback':
    'The address must begin with https://. Plain http:// is accepted only for a relay on this computer, written as http://127.0.0.1 or http://[::1].',
  'has-credentials': 'Leave out the name and password: this extension signs in with its own key.',
  'has-path': 'Leave out everything after the host and port.',
} satisfies Record<RelayUrlProblem, string>
