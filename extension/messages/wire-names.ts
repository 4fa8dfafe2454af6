/** The runtime Port on which snapshots are pushed. */
export const ownerViewChannel = 'owner-view'

/** The one question that is not a command: the newest snapshot. */
export const ownerViewQuery = 'getOwnerView'
