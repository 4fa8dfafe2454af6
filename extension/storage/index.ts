export {
  type ActivityChange,
  clearActivity,
  countActivity,
  pruneActivity,
  readActivity,
  saveActivity,
} from './activity-store.ts'
export { readCarried, readCarriedDays, saveCarried } from './carried-store.ts'
export {
  type CarriedRow,
  clearNodeDatabase,
  type KeptReceipt,
  type LineRow,
  type NewActivityRow,
  type NodeDatabase,
  openNodeDatabase,
} from './database.ts'
export { keepNodeKey, readNodeKey } from './key-store.ts'
export { readLine, saveLine } from './line-store.ts'
export {
  type Consent,
  type LinkStop,
  type LocalStore,
  type OwnerState,
  OwnerStore,
  type UnsafeAnswer,
} from './owner-store.ts'
export { forgetPosted, keepReceipt, readKeptReceipts } from './receipt-store.ts'
