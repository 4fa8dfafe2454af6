export * from './address-rules.ts'
export * from './address-space-override.ts'
export * from './public-address.ts'
export * from './target-url.ts'
