import type { BrokenPromise } from './broken-promise.ts'

/** What sites and customers are promised. */
export const towardOthers: readonly BrokenPromise[] = [
  {
    journey: 'customers',
    promise: 'What runs for a customer that is suspended is cut.',
    broken: 'running exchanges hear of no suspension',
    edits: [
      {
        file: 'relay-server/customers/standing.ts',
        find: '      if (isSuspended) cutAll(customerId)\n',
        replace: '      void cutAll\n',
      },
    ],
    test: 'suspending a customer cuts its streaming answer',
  },
  {
    journey: 'customers',
    promise: 'The relay’s audit names hosts, and no path or query.',
    broken: 'the whole URL is written down',
    edits: [
      {
        file: 'relay-server/exchange/attempt.ts',
        find: 'this.#hosts.push(new URL(hop.url).host)',
        replace: 'this.#hosts.push(hop.url)',
      },
    ],
    test: 'a look-up names the customer who asked',
    after: ['suspending a customer cuts', 'a suspended customer is refused'],
  },
  {
    journey: 'customers',
    promise: 'Hosts and addresses in the audit are sealed.',
    broken: 'they are written down openly',
    edits: [
      {
        file: 'points-ledger/audit-key.ts',
        find: 'return Buffer.concat([nonce, sealing.getAuthTag(), text])',
        replace:
          'return Buffer.concat([nonce, sealing.getAuthTag(), text, Buffer.from(JSON.stringify(fields))])',
      },
    ],
    test: 'the audit rows hold no path',
    after: [
      'a purpose that was declared',
      'suspending a customer cuts',
      'a suspended customer is refused',
      'a look-up names the customer who asked',
    ],
  },
  {
    journey: 'network-policy',
    promise: 'What robots.txt disallows is not fetched.',
    broken: 'its word is ignored',
    edits: [
      {
        file: 'relay-server/targets/target-check.ts',
        find: "if (word.allowed) return { ok: true, url, robots: 'allowed' }",
        replace: "if (word) return { ok: true, url, robots: 'allowed' }",
      },
    ],
    test: 'robots.txt is read once',
  },
  {
    journey: 'network-policy',
    promise: 'A site whose owner has opted out is not fetched.',
    broken: 'the opt-out is ignored',
    edits: [
      {
        file: 'relay-server/targets/target-check.ts',
        find: 'if (!word.optedOut) return { ok: true, url }',
        replace: 'if (!word.optedOut || word.rule) return { ok: true, url }',
      },
    ],
    test: 'opt-out, by a file or by a DNS record, is kept',
  },
  {
    journey: 'network-policy',
    promise: 'A site’s crawl-delay holds for all customers together.',
    broken: 'no crawl-delay is read',
    edits: [
      {
        file: 'relay-server/targets/target-check.ts',
        find: "(isFreeOf('robots', url) ? null : robots.crawlDelaySecondsOf(url))",
        replace: "(isFreeOf('robots', url) ? null : null)",
      },
    ],
    test: 'crawl-delay holds for all customers',
  },
  {
    journey: 'network-policy',
    promise: 'A site is asked no oftener than its pace, however many ask.',
    broken: 'no site has a pace',
    edits: [
      {
        file: 'relay-server/targets/target-pace.ts',
        find: 'siteOf: (url: URL): string | null => (parts.isFree(url) ? null : siteOf(url.hostname)),',
        replace: 'siteOf: (_: URL): string | null => null,',
      },
      {
        file: 'relay-server/targets/target-pace.ts',
        find: 'if (parts.isFree(url)) return { ok: true, waitedMs: 0 }',
        replace: 'if (parts) return { ok: true, waitedMs: 0 }',
      },
    ],
    test: 'is asked no oftener than its pace',
  },
]
