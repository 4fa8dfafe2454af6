import browser, { type DeclarativeNetRequest } from 'webextension-polyfill'
import { mayCancelAnswers } from './home-protection.ts'

/** A declarativeNetRequest rule that lives until the browser closes. */
export type HeaderRule = DeclarativeNetRequest.Rule

/** Removes and adds in one step, so that no request goes out between the two. Rejects on a malformed rule. */
export function updateHeaderRules(change: {
  removeRuleIds?: number[]
  addRules?: HeaderRule[]
}): Promise<void> {
  const { addRules, ...removing } = change
  return browser.declarativeNetRequest.updateSessionRules({
    ...removing,
    ...(addRules && { addRules: mayCancelAnswers() ? addRules.map(withoutResponseHeaders) : addRules }),
  })
}

/** In Firefox a rule hides from events what it removes; there the events' own listener removes it, once it was reported. */
function withoutResponseHeaders(rule: HeaderRule): HeaderRule {
  const { responseHeaders: _, ...action } = rule.action
  return { ...rule, action }
}

/** What is in force now: a restarted worker finds the rules of the one before it, and must drop them. */
export function readHeaderRules(): Promise<HeaderRule[]> {
  return browser.declarativeNetRequest.getSessionRules()
}
