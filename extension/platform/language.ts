import { type Language, languageOf } from '../messages/language.ts'
import { extensionApi } from './extension-api.ts'

/**
 * The language of the browser's own windows, among those that this extension has: the browser picks a folder of `_locales`,
 * and each names itself. `navigator.language` is what web pages are asked for in, and may be another one.
 */
export function uiLanguage(): Language {
  return languageOf(extensionApi.i18n.getMessage('locale'))
}
