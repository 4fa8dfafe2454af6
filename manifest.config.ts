import type { ManifestV3Export } from '@crxjs/vite-plugin'
import packageJson from './package.json' with { type: 'json' }

export type TargetBrowser = 'chromium' | 'firefox'

/** What is asked for at install, each with its reason. The owner's version of this table is docs/permissions.md. */
const permissions = [
  // Points, the consent's receipt, whether the owner paused: all that must outlive the worker.
  'storage',
  // Dials again after the browser stopped the worker.
  'alarms',
  // Sets or removes headers of our own fetches that `fetch` may not touch. Grants nothing before host access is given.
  'declarativeNetRequestWithHostAccess',
  // Says which address answered one of our own fetches, so that an answer from the home network is dropped.
  'webRequest',
  // Whether the owner is at the computer, for those who share only while they are away.
  'idle',
] as const

/** What Chromium alone has, or needs. */
const chromiumPermissions = [
  // A worker cannot read the battery; a page without a window can.
  'offscreen',
  // Has the browser forget where a site wanted reports sent, and under which other address it wanted to be asked.
  'browsingData',
] as const

/** What Firefox needs beside them, because it has no address lock. */
const firefoxPermissions = [
  // Looks a target's name up before the fetch, so that none is fetched that leads into the home.
  'dns',
  // Cancels an answer that came from the home before its body is handed out.
  'webRequestBlocking',
] as const

/** Not granted at install: asked for by the click on "I agree" alone, and revocable in the browser at any time. */
const optionalHostPermissions = ['http://*/*', 'https://*/*']

/**
 * Pages may load nothing from outside, and connect anywhere, because the targets are anywhere. It is spelt out also
 * because Firefox's own default turns `ws:` into `wss:`, which a relay on this computer does not speak.
 */
const extensionPagesPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  'connect-src http: https: ws: wss:',
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * The oldest Chromium in which the address lock was measured to hold. The lock is feature-detected too, but a name in a
 * dictionary does not prove that the network stack obeys it.
 */
const chromiumVersionMin = '156'

/** The first Firefox that shows `data_collection_permissions` to the owner at install. */
const firefoxVersionMin = '140.0'
const firefoxAndroidVersionMin = '142.0'

/** The public half of an RSA key, so that an unpacked build has one id everywhere: iehnjakjidgbmmicnhnnekofpgbhpedl. */
const chromiumKey =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApSf5EkJ8hCo2LQHkf3ppxgDiIRyup1fZUqX37Gll7C7sx2sgfdGsgpiByl1gFKsgdF71zqX6+MhbVLbQkIAhqJSFnQB6bcITiV1bWBKp0bl3VBKByJiLoJd3hpkpESBHcKRYycOnG78pckeCLGtjtDVRkmBZjaUClI81EeqWnAL1+zAoTf1mTrFMT5iNRTX51xAQugiLIveoC38GQarpI/pKxUUCv7bkmbRzffC8gWeqaCfc6I64yGYlydiGttEsdlzHAU/wA/Wp3wjIismRKhSplhCsVP7NdnsypjJT0K0/up3SIpXyDNlR2dlIkWbJq5aJt90fiWovno6IjmBV1wIDAQAB'

export function manifestFor(browser: TargetBrowser): ManifestV3Export {
  return browser === 'chromium' ? { ...common(), ...chromiumOnly() } : { ...common(), ...firefoxOnly() }
}

function common() {
  return {
    manifest_version: 3 as const,
    name: '__MSG_extensionName__',
    description: '__MSG_extensionDescription__',
    version: packageJson.version,
    default_locale: 'en',
    icons: iconFiles([16, 32, 48, 128]),
    action: {
      default_title: '__MSG_actionTitle__',
      default_popup: 'popup/index.html',
      default_icon: iconFiles([16, 32]),
    },
    options_ui: { page: 'options/index.html', open_in_tab: true },
    permissions: [...permissions],
    optional_host_permissions: optionalHostPermissions,
    content_security_policy: { extension_pages: extensionPagesPolicy },
  }
}

function chromiumOnly() {
  return {
    permissions: [...permissions, ...chromiumPermissions],
    key: chromiumKey,
    minimum_chrome_version: chromiumVersionMin,
    background: { service_worker: 'background/index.ts', type: 'module' as const },
    // Without this line every other extension may knock, and an answer would tell that this one is installed.
    externally_connectable: { ids: [] },
    incognito: 'not_allowed' as const,
    // What an organisation may fix; Firefox takes the same names from its own policy without a schema.
    storage: { managed_schema: 'managed-schema.json' },
  }
}

function firefoxOnly() {
  return {
    permissions: [...permissions, ...firefoxPermissions],
    background: { scripts: ['background/index.ts'], type: 'module' as const },
    incognito: 'not_allowed' as const,
    browser_specific_settings: {
      gecko: {
        id: 'node@fallow',
        strict_min_version: firefoxVersionMin,
        // The pages and addresses are the customers', but they leave from this browser: declared rather than argued.
        data_collection_permissions: { required: ['browsingActivity', 'websiteContent'] },
      },
      gecko_android: { strict_min_version: firefoxAndroidVersionMin },
    },
  } as object
}

function iconFiles(sizes: number[]): Record<number, string> {
  return Object.fromEntries(sizes.map((size) => [size, `icons/fallow-${size}.png`]))
}
