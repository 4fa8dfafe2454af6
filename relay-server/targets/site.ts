import { getDomain } from 'tldts'

/**
 * The registrable domain that a host lies under (`www.example.co.uk` under `example.co.uk`), by the Public Suffix List without its
 * private section: what many people share under one roof is one site. An address, or a name that has none, is a site of its own.
 */
export const siteOf = (hostname: string): string => getDomain(hostname) ?? hostname
