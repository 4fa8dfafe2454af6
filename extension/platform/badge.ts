import browser from 'webextension-polyfill'

/** `text` is at most four characters wide, `colour` is `#rrggbb`, `title` is the icon's tooltip. */
export type Badge = { text: string; colour: string; title: string }

/** Shows the state on the toolbar icon. */
export async function setBadge(badge: Badge): Promise<void> {
  await Promise.all([
    browser.action.setBadgeText({ text: badge.text }),
    browser.action.setBadgeBackgroundColor({ color: badge.colour }),
    browser.action.setTitle({ title: badge.title }),
  ])
}
