import type { SharingMode } from '../owner-settings.ts'

/** What a browser cannot tell by itself. Asked in the agreement, shown again in the options. */
export const questions = {
  heading: 'Three questions',
  lead: 'No answer is chosen for you, and you can change each of them in the options later.',
  mode: {
    legend: 'When may this browser share?',
    answers: {
      'when-away': {
        label: 'Only when I am away',
        hint: 'It begins when this computer is locked or nobody has touched it for a while, and stops when you come back.',
      },
      gently: {
        label: 'Gently while I am here',
        hint: 'Few pages at once while you use this computer, and everything when you are away.',
      },
      always: { label: 'Always', hint: 'Whenever this browser runs, as far as your limits allow.' },
    } satisfies Record<SharingMode, { label: string; hint: string }>,
  },
  unlimited: {
    legend: 'Is your connection unlimited?',
    yes: { label: 'Yes, more traffic costs me nothing', hint: '' },
    no: {
      label: 'No, it has an allowance or a price',
      hint: 'Then nothing is shared until you have set a monthly cap in the options.',
    },
  },
  battery: {
    legend: 'Share while this computer runs on battery?',
    yes: { label: 'Yes, on battery too', hint: '' },
    no: {
      label: 'No, only when it is plugged in',
      hint: 'A computer without a battery counts as plugged in.',
    },
  },
}
