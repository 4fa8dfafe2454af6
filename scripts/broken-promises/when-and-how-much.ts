import type { BrokenPromise } from './broken-promise.ts'

/** When this connection is shared, how much of it, and for what: the owner’s word. */
export const whenAndHowMuch: readonly BrokenPromise[] = [
  {
    journey: 'consent',
    promise: 'Before the owner agrees nothing connects.',
    broken: 'neither the agreement nor the access to websites is asked for',
    edits: [
      {
        file: 'extension/background/sharing-state.ts',
        find: 'const open = whyNotAgreed(facts)',
        replace: 'const open = null as ReturnType<typeof whyNotAgreed> | null',
      },
      {
        file: 'extension/background/sharing-state.ts',
        find: "  if (!hostAccess) return off('permission-missing')\n",
        replace: '',
      },
    ],
    test: 'before any answer nothing connects',
  },
  {
    journey: 'consent',
    promise: 'When the text of the agreement changes, nothing is shared until the owner agrees anew.',
    broken: 'an agreement to any text counts',
    edits: [
      {
        file: 'extension/background/sharing-state.ts',
        find: "  if (version !== consentText.version || !consentText.sha256s.includes(sha256)) return 'consent-changed'\n",
        replace: '  void [version, sha256, consentText]\n',
      },
    ],
    test: 'when the text has changed nothing is shared',
    after: ['changes the mind and agrees'],
  },
  {
    journey: 'managed-policy',
    promise: 'An organisation can switch sharing off.',
    broken: 'its word is ignored',
    edits: [
      {
        file: 'extension/background/managed-policy.ts',
        find: 'off: off !== false || !isUnderstood',
        replace: 'off: !isUnderstood',
      },
    ],
    test: 'switches sharing off in the middle of a transfer',
    needsRoot: true,
  },
  {
    journey: 'pause',
    promise: 'A pause ends what runs, at once.',
    broken: 'a pause lets the link stand',
    edits: [
      {
        file: 'extension/background/owner-commands.ts',
        find: "      node.leave('owner-paused', paused)\n",
        replace: '',
      },
      {
        file: 'extension/background/node-controller.ts',
        find: 'else this.#leaveBecauseOf(why.reason)',
        replace: "else if (why.reason !== 'paused-by-you') this.#leaveBecauseOf(why.reason)",
      },
    ],
    test: 'half an hour of pause breaks what is in mid-transfer',
  },
  {
    journey: 'pause',
    promise: 'A pause is kept over a restart of the browser.',
    broken: 'the pause is not read again',
    edits: [
      {
        file: 'extension/storage/owner-store.ts',
        find: 'pause: pauseOf(kept.pause)',
        replace: 'pause: null',
      },
    ],
    test: 'a pause survives a restart',
  },
  {
    journey: 'pause',
    promise: 'A timed pause ends at its time, also where the browser has stopped the extension meanwhile.',
    broken: 'no alarm is set',
    edits: [
      { file: 'extension/background/index.ts', find: 'createAlarmAt(wakeAlarm, at)', replace: 'undefined' },
    ],
    test: 'a timed pause ends by itself',
  },
  {
    journey: 'endings',
    promise: 'What a pause ends fails as the owner’s pause, and is asked of another node.',
    broken: 'running exchanges hear of no pause',
    edits: [
      {
        file: 'extension/background/relay-link.ts',
        find: '    this.#life.runner.failAll(failure)\n',
        replace: '',
      },
    ],
    test: 'a request that was waiting when its node paused',
  },
  {
    journey: 'presence',
    promise: 'Who shares only while away shares nothing while at the computer.',
    broken: 'the owner’s presence is ignored',
    edits: [
      {
        file: 'extension/background/owner-rest.ts',
        find: "mode === 'when-away' && owner === 'here' ? off('you-are-here') : null",
        replace: 'null',
      },
    ],
    test: 'who shares only while away shares nothing',
  },
  {
    journey: 'presence',
    promise: 'Gently means two pages at a time while the owner is here.',
    broken: 'the owner’s presence limits nothing',
    edits: [
      {
        file: 'extension/background/presence.ts',
        find: 'return isGentle ? {',
        replace: "return isGentle && owner === 'away' ? {",
      },
    ],
    test: 'two pages at a time',
  },
  {
    journey: 'presence',
    promise: 'While the browser saves data nothing is shared.',
    broken: 'the data saver is ignored',
    edits: [
      {
        file: 'extension/background/owner-rest.ts',
        find: "  if (presence.savesData) return off('data-saver')\n",
        replace: '',
      },
    ],
    test: 'while the browser saves data',
  },
  {
    journey: 'caps',
    promise: 'A cap of the owner ends what runs, in mid-transfer.',
    broken: 'no cap is ever reached',
    edits: [
      {
        file: 'extension/background/line-caps.ts',
        find: 'return reachedCap(this.sums(), this.#ports.caps(), this.#ports.nowUnixMs())',
        replace: 'return null',
      },
    ],
    test: 'a day’s cap stops a stream in mid-transfer',
  },
  {
    journey: 'caps',
    promise: 'What a connection sends stays at the rate that its owner has set.',
    broken: 'no frame waits for its turn',
    edits: [
      {
        file: 'extension/background/carried-pace.ts',
        find: 'return Math.max(0, this.#paidUntilMs - this.#nowMs())',
        replace: 'return 0',
      },
    ],
    test: 'a rate holds for all lanes together',
  },
  {
    journey: 'caps',
    promise: 'No more exchanges run at once than the owner allows.',
    broken: 'neither the relay nor the node counts them',
    edits: [
      {
        file: 'extension/background/exchange-runner.ts',
        find: '    else if (this.#exchanges.size >= this.#parts.lanesMax()) this.#turnAway(frame)\n',
        replace: '',
      },
      {
        file: 'relay-server/nodes/node-link.ts',
        find: 'this.#slots.taken < this.#terms.lanesMax',
        replace: 'this.#slots.taken < 64',
      },
    ],
    test: 'no more lanes are open at once',
  },
  {
    journey: 'rules',
    promise: 'A site that the owner has denied is not asked.',
    broken: 'the node refuses nobody, and tells the relay of no denied host',
    edits: [
      {
        file: 'extension/background/owner-rules.ts',
        find: 'customers.has(customer.id) || !allows(new URL(url).hostname) ? refused() : null',
        replace: 'null',
      },
      {
        file: 'extension/background/owner-bounds.ts',
        find: 'termsOf(settings().rules,',
        replace: 'termsOf({ ...settings().rules, deniedHosts: [] },',
      },
    ],
    test: 'a denied site is never offered',
  },
  {
    journey: 'rules',
    promise: 'A redirect does not lead to a site that the owner has denied.',
    broken: 'neither the relay nor the node looks at a redirect’s next hop',
    edits: [
      {
        file: 'extension/background/owner-rules.ts',
        find: 'customers.has(customer.id) || !allows(new URL(url).hostname) ? refused() : null',
        replace: 'null',
      },
      {
        file: 'relay-server/exchange/attempt.ts',
        find: '    if (this.link.refuses(errand)) return refusedByRule\n',
        replace: '',
      },
    ],
    test: 'a redirect to a denied site ends',
  },
  {
    journey: 'rules',
    promise: 'The relay offers a node nothing that its owner’s rules refuse.',
    broken: 'the relay is not told of a change',
    edits: [
      {
        file: 'extension/background/relay-link.ts',
        find: "this.#say({ type: 'terms', terms })",
        replace: 'void terms',
      },
    ],
    test: 'a denied site is never offered',
  },
  {
    journey: 'rules',
    promise: 'A rule ends what runs against it.',
    broken: 'what runs is not held against new rules',
    edits: [
      {
        file: 'extension/background/exchange-runner.ts',
        find: 'exchange.endIfRefused()',
        replace: 'void exchange',
      },
    ],
    test: 'a site that the owner refuses while it streams',
  },
]
