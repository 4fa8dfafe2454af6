/** Public addresses for which scripted nodes answer. The relay must not ask a stranger's machine for its robots.txt. */
export const unaskedAddresses = '93.184.216.0/24'
