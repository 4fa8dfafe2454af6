export * from './categories.ts'
export * from './document.ts'
export { hostMatches } from './hosts.ts'
