import type { DataFrame, FrameOf } from '#protocol'

/** What a lane may say in text. Its ending is one of `answer` (data), `end` and `failed`. */
export type LaneFrame = FrameOf<'head' | 'end' | 'failed' | 'grant'>

/** What an exchange needs of its link. Text goes at once; data waits its turn while the socket is full. */
export type LaneLine = {
  send(frame: LaneFrame): void
  /** Resolves when the frame was handed to the socket and counted. Rejects with the signal's reason; then it was not sent. */
  sendData(frame: DataFrame, signal: AbortSignal): Promise<void>
  /** The most body bytes that one data frame may hold now: fewer where the owner's rate is low. */
  frameBytesMax(): number
}
