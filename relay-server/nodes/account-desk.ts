import { LRUCache } from 'lru-cache'
import { homeOf } from '#addresses'
import {
  type AccountRefusal,
  accountQuestionsWaitingMax,
  type Device,
  devicesMax,
  type FrameOf,
} from '#protocol'
import type { NodeLink } from './node-link.ts'
import { QuestionLine } from './question-line.ts'

/** What the desk needs of the ledger, in its own words. */
export type AccountBook = {
  keepRecoveryCode(code: { accountId: string; codeSha256: string }): Promise<void>
  attachNode(wanted: { nodeId: string; code: string }): Promise<{ accountId: string } | null>
  listDevices(
    accountId: string,
  ): Promise<{ nodeId: string; kind: string; firstSeenAt: Date; lastSeenAt: Date; carriedBytes: bigint }[]>
  forgetNode(nodeId: string): Promise<void>
  accountEarnings(accountId: string): Promise<{ units: bigint }>
}

type AccountRequest = FrameOf<'account-request'>

/** A code has 256 bits and cannot be guessed; this keeps who tries all the same from asking for ever: so many codes from one home ... */
export const attachTriesMax = 5
/** ... in this time, however many links they come over. */
export const attachTriesMs = 10 * 60_000
const keptHomesMax = 100_000
/** How long a link that ends because of an answer may take for what still runs on it. */
const finishMsMax = 10_000

export type AccountDesk = ReturnType<typeof createAccountDesk>

/** Answers what a node asks about the account whose points its own are. */
export function createAccountDesk(parts: {
  book: AccountBook
  linkOf(nodeId: string): NodeLink | undefined
  /** Resolves when what a link has metered stands in the ledger. */
  posted(linkId: string): Promise<void>
  log: { info(fields: object, sentence: string): void; error(fields: object, sentence: string): void }
}) {
  const { book, log } = parts
  const lines = new WeakMap<NodeLink, QuestionLine>()
  const tries = createAttachTries()

  const devicesOf = async (link: NodeLink): Promise<Device[]> => {
    const listed = await book.listDevices(link.identity.accountId)
    return listed.slice(0, devicesMax).map(({ nodeId, kind, firstSeenAt, lastSeenAt, carriedBytes }) => ({
      nodeId,
      kind: kind === 'chromium' || kind === 'firefox' ? kind : 'other',
      country: parts.linkOf(nodeId)?.identity.country ?? null,
      linked: parts.linkOf(nodeId) !== undefined,
      firstSeenUnixMs: firstSeenAt.getTime(),
      lastSeenUnixMs: lastSeenAt.getTime(),
      carriedBytes: Number(carriedBytes),
    }))
  }

  const attach = async (link: NodeLink, code: string): Promise<AccountRefusal | null> => {
    const { nodeId, accountId, address } = link.identity
    if (!tries.take(address)) return 'too-many-tries'
    const attached = await book.attachNode({ nodeId, code }).catch(asUnknownCode)
    if (!attached) return 'recovery-code-unknown'
    tries.giveBack(address)
    if (attached.accountId === accountId) return null
    link.identity.accountId = attached.accountId
    log.info({ nodeId, linkId: link.identity.linkId }, 'a node was attached to another account')
    return null
  }

  const perform = async (
    link: NodeLink,
    { action, value }: AccountRequest,
  ): Promise<AccountRefusal | null> => {
    switch (action) {
      case 'list-devices':
        return null
      case 'keep-recovery-code':
        await book.keepRecoveryCode({ accountId: link.identity.accountId, codeSha256: value ?? '' })
        return null
      case 'attach':
        return attach(link, value ?? '')
      case 'forget':
        await book.forgetNode(link.identity.nodeId)
        return null
    }
  }

  /** What was carried on this link belongs to the account that it began with, so a node that changed it dials anew. */
  const endWhereDue = async (link: NodeLink, before: string, { action }: AccountRequest) => {
    const signal = AbortSignal.timeout(finishMsMax)
    if (action === 'forget') {
      await link.leave('node-forgotten', 'this node was forgotten', { signal, redialAfterMs: null })
      await parts.posted(link.identity.linkId)
      await book.forgetNode(link.identity.nodeId)
    } else if (link.identity.accountId !== before) {
      await link.leave('account-changed', 'this node belongs to another account now', {
        ...{ signal, redialAfterMs: null },
      })
    }
  }

  /** Answers once, whatever happens. Gives what follows the answer: a link that ends. */
  const answerOne = async (link: NodeLink, asked: AccountRequest): Promise<() => Promise<void>> => {
    const { accountId, nodeId } = link.identity
    const { request, action } = asked
    try {
      const refusal = await perform(link, asked)
      const devices = refusal === null && action !== 'forget' ? await devicesOf(link) : []
      link.send({ type: 'account-answer', request, refusal, devices })
      return async () => (refusal === null ? endWhereDue(link, accountId, asked) : undefined)
    } catch (error) {
      log.error({ nodeId, action, error: String(error) }, 'a question about an account failed')
      refuse(link, asked)
      return async () => {}
    }
  }

  const lineOf = (link: NodeLink): QuestionLine => {
    const line = lines.get(link) ?? new QuestionLine(link, accountQuestionsWaitingMax)
    lines.set(link, line)
    return line
  }

  return {
    /** Answers when the questions before it are answered. What follows an answer goes on behind it, and holds no other one up. */
    async answer(link: NodeLink, asked: AccountRequest): Promise<void> {
      const line = lineOf(link)
      switch (line.admit()) {
        case 'close':
          return link.close('out-of-order', 'a node waits for the answers to its questions about the account')
        case 'refuse':
          return line.takeTurn(async () => refuse(link, asked))
        case 'answer': {
          let endLink = async () => {}
          await line.takeTurn(async () => {
            endLink = await answerOne(link, asked)
          })
          return endLink()
        }
      }
    },
  }
}

const refuse = (link: NodeLink, { request }: AccountRequest): void =>
  link.send({ type: 'account-answer', request, refusal: 'relay-failed', devices: [] })

/** How many codes that nobody has were tried from each home lately. */
function createAttachTries() {
  const kept = new LRUCache<string, number>({
    max: keptHomesMax,
    ttl: attachTriesMs,
    ttlResolution: 0,
    perf: Date,
  })
  const homeIn = (address: string): string => homeOf(address) ?? address
  const triesOf = (address: string): number => kept.get(homeIn(address)) ?? 0
  const set = (address: string, tries: number) => kept.set(homeIn(address), tries, { noUpdateTTL: true })
  return {
    /** Counts one more; false where there were too many. */
    take(address: string): boolean {
      const tries = triesOf(address)
      if (tries < attachTriesMax) set(address, tries + 1)
      return tries < attachTriesMax
    },

    /** The code was good. */
    giveBack(address: string): void {
      const tries = triesOf(address)
      if (tries > 0) set(address, tries - 1)
    },
  }
}

/** A text that is no code at all opens nothing either. */
function asUnknownCode(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'invalid-input') return null
  throw error
}
