declare const __FALLOW_RELAY_URL__: string | undefined

/** Where a fresh install dials: set at build time by `FALLOW_RELAY_URL`, a relay on this computer without it. */
export const defaultRelayUrl: string =
  typeof __FALLOW_RELAY_URL__ === 'string' ? __FALLOW_RELAY_URL__ : 'http://127.0.0.1:8787'
