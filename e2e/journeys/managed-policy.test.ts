import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, openAnswer, readBody, readSome } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, waitForPhase } from '#scripts/browser/owner.ts'
import { readLinkedNodes } from '../fixtures/books.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { mayWritePolicies, type Organisation, openOrganisation } from '../fixtures/managed-policies.ts'
import { until } from '../fixtures/until.ts'

const mib = 1024 * 1024

// An organisation's policy is read from a folder of the system, which only root may write: elsewhere this machine does not show it.
describe.runIf(mayWritePolicies)('an organisation that manages its browsers', () => {
  let house: House
  let node: Node
  let organisation: Organisation
  beforeAll(async () => {
    house = await openHouse()
    organisation = await openOrganisation()
    house.closing(() => organisation.leave())
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  const unlinked = () => until('the link to be closed', async () => (await readLinkedNodes(house)) === 0)

  test('switches sharing off in the middle of a transfer, without a restart', async () => {
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${256 * mib}&name=organisation`,
    })
    await readSome(answer, 4 * mib)
    await organisation.fix({ off: true })
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    await waitForPhase(node.popup, 'off', 'switched-off-by-organisation')
    await unlinked()
    expect((await readOwnerView(node.browser)).managed).toEqual({ relayUrl: false, off: true })
  })

  test('and stays off in a browser that starts', async () => {
    const other = await house.openBrowser()
    const popup = await other.open('popup')
    await waitForPhase(popup, 'off', 'switched-off-by-organisation')
    await other.close()
  })

  test('fixes the relay, and the owner cannot choose another', async () => {
    await organisation.fix({ relayUrl: house.relay.url })
    await waitForPhase(node.popup, 'sharing')
    expect(await readOwnerView(node.browser)).toMatchObject({
      relay: { url: house.relay.url },
      managed: { relayUrl: true, off: false },
    })
    const chosen = await commandOwner(node.browser, 'setRelayUrl', { url: 'https://relay.example.org' })
    expect(chosen).toMatchObject({ ok: false, code: 'managed-by-organisation' })
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200 } })
  })

  test('with an address that is no relay’s shares nothing', async () => {
    await organisation.fix({ relayUrl: 'relay.example.org' })
    await waitForPhase(node.popup, 'off', 'switched-off-by-organisation')
    await unlinked()
  })

  test('that fixes nothing any more leaves the owner’s own choice', async () => {
    await organisation.leave()
    await waitForPhase(node.popup, 'sharing')
    expect((await readOwnerView(node.browser)).managed).toEqual({ relayUrl: false, off: false })
  })
})
