/** Every size and time that both ends of a link must agree on. The unit stands last in each name. */

const KIB = 1024
const MIB = 1024 * KIB

/** Largest JSON text of one control frame, UTF-8. Heads with many headers are the largest. */
export const controlBytesMax = 256 * KIB
/** Largest payload of one chunk. Frames of 64 to 256 KiB moved fastest from a browser. */
export const chunkBytesMax = 256 * KIB
/** What a sender aims at when it cuts a body into chunks. */
export const chunkBytesPreferred = 64 * KIB
/** Largest body that may travel in the one-frame answer. */
export const answerBodyBytesMax = 64 * KIB
/** Largest message a WebSocket endpoint accepts: an answer with the largest head and body, and its prefix. */
export const messageBytesMax = controlBytesMax + chunkBytesMax + 16

/** What a sender may send on a lane before the first grant, both directions. */
export const windowBytesInitial = 256 * KIB
/** The most that may ever be granted and not yet sent on one lane: the only memory an exchange holds. */
export const windowBytesMax = 512 * KIB

/** Largest body of a customer's request. */
export const requestBodyBytesMax = 8 * MIB
export const urlBytesMax = 8 * KIB
export const headersCountMax = 128
export const headersBytesMax = 64 * KIB

/** Exchanges that one node carries at once. */
export const lanesMax = 64
/** Lanes to one target host on one node: a browser opens six HTTP/1.1 sockets to a host. */
export const lanesPerHostMax = 6
/** Lanes are never reused on a link; a link that has used them all is closed and dialled anew. */
export const laneMax = 0xffff_ffff
/** Largest detail of a `failed` or a `goodbye`, in UTF-16 units: a sentence for people. Whoever sends one cuts it here. */
export const sentenceCharactersMax = 500
/** Hosts in the lists of a node's terms, all together; longer lists work in the node alone. */
export const termsHostsMax = 200
/** Largest JSON text of a node's terms, in UTF-16 units. All of it is ASCII, so bytes on the wire are the same number. */
export const termsCharactersMax = 4 * KIB
/** Devices of one account that a relay lists. */
export const devicesMax = 64
/** Questions about its account that a node may have waiting for their answer at once. */
export const accountQuestionsWaitingMax = 8
/** How often a relay tells a node what it makes of its link. */
export const qualityEveryMs = 60_000
/** Receipts of earlier links that a node may present in one frame. */
export const presentedReceiptsMax = 64

/** From the opening of the socket to a good hello. */
export const helloDeadlineMs = 30_000
/** The relay pings a node this often: extension workers die after 30 s without an event. */
export const pingEveryMs = 20_000
/** A side that heard nothing for this long takes the link for dead. */
export const silenceMaxMs = 60_000
/** A node ends a stopped lane within this time, or the link is closed. */
export const stopDeadlineMs = 10_000

/** A receipt is cut after this much traffic ... */
export const receiptEveryBytes = MIB
/** ... or after this time while traffic flows, and at the end of a link. */
export const receiptEveryMs = 5_000
/** A receipt without a counter-signature within this time is posted on the relay's count alone. */
export const counterSignDeadlineMs = 5_000
/** A link whose counts differ by more than this opens a dispute. */
export const disputeBytesMin = 256 * KIB

/** How long a node may go without a byte from a target before it gives the lane up. */
export const targetSilenceMaxMs = 30_000
