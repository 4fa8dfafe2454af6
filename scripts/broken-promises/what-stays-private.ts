import type { BrokenPromise } from './broken-promise.ts'

/** What nobody learns of the owner, and what nobody leaves there. */
export const whatStaysPrivate: readonly BrokenPromise[] = [
  {
    journey: 'no-credentials',
    promise: 'A relayed request carries nothing with which the owner is signed in.',
    broken: 'fetch with the credentials of the browser',
    edits: [
      {
        file: 'extension/background/target-fetch.ts',
        find: "credentials: 'omit'",
        replace: "credentials: 'include'",
      },
    ],
    test: 'relayed requests none carries anything of the owner',
    after: ['tabs show who the owner is'],
  },
  {
    journey: 'no-credentials',
    promise: 'A relayed answer lies in no cache of the owner’s browser.',
    broken: 'fetch with the cache of the browser',
    edits: [
      {
        file: 'extension/background/target-fetch.ts',
        find: "cache: 'no-store'",
        replace: "cache: 'default'",
      },
    ],
    test: 'no relayed answer lies in the browser’s cache',
  },
  {
    journey: 'no-credentials',
    promise: 'A relayed answer does not decide how the owner’s browser connects to a site.',
    broken: 'strict-transport-security is left in relayed answers',
    edits: [
      { file: 'extension/background/header-rules.ts', find: "  'strict-transport-security',\n", replace: '' },
    ],
    test: 'strict-transport-security: what an answer leaves',
  },
  {
    journey: 'orders',
    promise: 'A relayed answer cannot have reports sent to a device in the owner’s home.',
    broken: 'reports are not revoked',
    edits: [
      {
        file: 'extension/background/order-revoker.ts',
        find: '        if (origins.length > 0) await this.#ports.forgetReports(origins)\n',
        replace: '',
      },
    ],
    test: 'reports and packets of relayed answers reach no device',
  },
  {
    journey: 'orders',
    promise: 'A relayed answer cannot lead the browser to a device in the owner’s home later.',
    broken: 'other addresses of a site are not revoked',
    edits: [
      {
        file: 'extension/background/order-revoker.ts',
        find: '        if (alternatives) await this.#ports.forgetAlternatives()\n',
        replace: '        void alternatives\n',
      },
    ],
    test: 'reports and packets of relayed answers reach no device',
  },
  {
    journey: 'strangers',
    promise: 'A web page cannot find out that Fallow is installed.',
    broken: 'its files may be loaded by any page',
    edits: [
      {
        file: 'manifest.config.ts',
        find: '    content_security_policy: {',
        replace:
          "    web_accessible_resources: [{ resources: ['popup/*', 'icons/*'], matches: ['<all_urls>'] }],\n    content_security_policy: {",
      },
    ],
    test: 'a web page finds no file and no frame',
  },
  {
    journey: 'strangers',
    promise: 'Another extension gets no answer from Fallow.',
    broken: 'its messages are answered like those of an own page',
    edits: [
      {
        file: 'manifest.config.ts',
        find: '    externally_connectable: { ids: [] },\n',
        replace: "    externally_connectable: { ids: ['*'] },\n",
      },
      {
        file: 'extension/platform/background-messenger.ts',
        find: '    onRequest(answer) {\n',
        replace:
          '    onRequest(answer) {\n      browser.runtime.onMessageExternal.addListener((message: unknown) => answer(message))\n',
      },
    ],
    test: 'another extension gets no answer to a message',
  },
  {
    journey: 'private-network',
    promise: 'After an answer from inside the home nothing is shared until the owner says so.',
    broken: 'the tripwire tells nobody',
    edits: [
      {
        file: 'extension/background/index.ts',
        find: 'tripped: (answer) => node().trip(answer)',
        replace: 'tripped: () => {}',
      },
    ],
    test: 'drops the answer of 127.0.0.1,',
  },
  {
    journey: 'account',
    promise: 'Who withdraws leaves nothing in the browser.',
    broken: 'the node’s key is left',
    edits: [
      {
        file: 'extension/storage/database.ts',
        find: 'const names = [...database.objectStoreNames]',
        replace: "const names = [...database.objectStoreNames].filter((name) => name !== 'keys')",
      },
    ],
    test: 'without the relay nothing is deleted, unless',
  },
  {
    journey: 'account',
    promise: 'The relay forgets a node whose owner withdraws.',
    broken: 'the ledger keeps what it knows',
    edits: [
      {
        file: 'points-ledger/accounts.ts',
        find: '  await connection.transact((tx) => forgetNode(tx, nodeId))\n',
        replace: '  void [connection, forgetNode]\n',
      },
    ],
    test: 'an owner who withdraws leaves nothing',
    after: ['a browser that carries earns points', 'the code attaches a new install'],
  },
  {
    journey: 'account',
    promise: 'A recovery code attaches a new install to the account that has the points.',
    broken: 'the node stays with an account of its own',
    edits: [
      {
        file: 'points-ledger/accounts.ts',
        find: 'await moveNode(tx, nodeId, accountId)',
        replace: 'void moveNode',
      },
    ],
    test: 'the code attaches a new install',
    after: ['a browser that carries earns points'],
  },
  {
    journey: 'activity',
    promise: 'The owner’s log holds hosts, and no path or query.',
    broken: 'the whole URL is written down',
    edits: [
      {
        file: 'extension/background/link-activity.ts',
        find: 'new URL(url).hostname.slice(',
        replace: 'new URL(url).href.slice(',
      },
    ],
    test: 'no path, query, header or body is in the browser’s database',
    after: ['an open page shows each exchange'],
  },
  {
    journey: 'activity',
    promise: 'A log that its owner deletes is gone.',
    broken: 'the rows stay on the disk',
    edits: [
      {
        file: 'extension/storage/activity-store.ts',
        find: "database.clear('activity')",
        replace: 'Promise.resolve(void database)',
      },
    ],
    test: 'the owner deletes the log',
    after: ['an open page shows each exchange'],
  },
  {
    journey: 'activity',
    promise: 'What is older than the owner wants is gone from the log.',
    broken: 'nothing is ever too old',
    edits: [
      {
        file: 'extension/background/activity-log.ts',
        find: 'await pruneActivity(this.#ports.database, now - keepDays * dayMs)',
        replace: 'await pruneActivity(this.#ports.database, 0)',
      },
    ],
    test: 'what is older than the owner wants',
    after: ['an open page shows each exchange', 'twenty thousand rows'],
  },
]
