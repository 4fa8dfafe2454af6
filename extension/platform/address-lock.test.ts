import { expect, test } from 'vitest'
import { hasAddressLock } from './address-lock.ts'

test('a place whose fetch does not know the address lock is found out', () => {
  expect(hasAddressLock()).toBe(false)
})
