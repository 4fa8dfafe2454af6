import browser, { type DeclarativeNetRequest } from 'webextension-polyfill'

/** A declarativeNetRequest rule that lives until the browser closes. */
export type HeaderRule = DeclarativeNetRequest.Rule

/** Removes and adds in one step, so that no request goes out between the two. Rejects on a malformed rule. */
export function updateHeaderRules(change: {
  removeRuleIds?: number[]
  addRules?: HeaderRule[]
}): Promise<void> {
  return browser.declarativeNetRequest.updateSessionRules(change)
}

/** What is in force now: a restarted worker finds the rules of the one before it, and must drop them. */
export function readHeaderRules(): Promise<HeaderRule[]> {
  return browser.declarativeNetRequest.getSessionRules()
}
