import { extensionApi } from './extension-api.ts'

/**
 * What the browser's network stack keeps of answers below the place where an extension may change them. Of the owner's own data these
 * removals reach nothing: they are told to begin in a future that never comes, and Chromium keeps no time for what they are meant for,
 * so that it goes all the same. Firefox obeys neither header, and has no such removal.
 */
const neverMs = 253_402_300_799_000

/** Where these sites want reports sent, and what about. `originTypes` spares the cookies of every website once more. */
export async function forgetReports(origins: readonly string[]): Promise<void> {
  const [first, ...rest] = origins
  if (first === undefined) return
  await removal()?.(
    { since: neverMs, origins: [first, ...rest], originTypes: { extension: true } },
    { cookies: true },
  )
}

/** Under which other addresses sites say that they can be reached, for all sites: Chromium forgets them together or not at all. */
export async function forgetAlternatives(): Promise<void> {
  await removal()?.({ since: neverMs }, { cache: true })
}

const removal = (): typeof chrome.browsingData.remove | undefined => extensionApi.browsingData?.remove
