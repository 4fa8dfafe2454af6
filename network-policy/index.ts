export * from './categories.ts'
export * from './document.ts'
export { hostMatches, namesAbove } from './hosts.ts'
