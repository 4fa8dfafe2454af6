import { describe, expect, it } from 'vitest'
import { ordersIn } from './answer-orders.ts'

const rules = { overrides: [], ownAddress: null }
const url = 'https://www.example.com/page'
const ordersOf = (...headers: [string, string][]) => ordersIn({ url, headers }, rules)
const reportTo = (...urls: string[]) =>
  JSON.stringify({ group: 'g', max_age: 60, endpoints: urls.map((one) => ({ url: one })) })

describe('what an answer has the browser do later', () => {
  it('is nothing for the headers of most answers, and for anything over plain http', () => {
    expect(
      ordersOf(['content-type', 'text/html'], ['link', '</a>; rel=preload'], ['server', 'nel']),
    ).toBeNull()
    expect(ordersIn({ url: 'http://www.example.com/', headers: [['nel', '{}']] }, rules)).toBeNull()
  })

  it.each([
    ['NEL', '{"report_to":"g","max_age":60}'],
    ['Report-To', reportTo('https://collector.example/r')],
  ])('is to report, where %s stands in it', (name, value) => {
    expect(ordersOf([name, value])).toEqual({ reports: true, elsewhere: false })
  })

  it.each([
    'https://192.168.1.1/',
    'https://[fe80::1]/',
    'https://printer.local/',
    'https://localhost/',
    'https://collector.example:9100/',
    'http://2130706433/',
  ])('leads elsewhere, where reports are to go to %s', (endpoint) => {
    const value = `${reportTo('https://collector.example/r')}, ${reportTo('/own', endpoint)}`
    expect(ordersOf(['report-to', value])).toEqual({ reports: true, elsewhere: true })
  })

  it.each(['{"endpoints":5}', 'null', '7', '{"endpoints":[7,null]}'])(
    'leads elsewhere, also beside a group that browsers drop: %s',
    (dropped) => {
      const value = `${dropped}, ${reportTo('https://192.168.1.1/')}`
      expect(ordersOf(['report-to', value])).toEqual({ reports: true, elsewhere: true })
    },
  )

  it.each([
    ...['{', 'null', '7', '{}', '{"endpoints":null}', '{"endpoints":[null]}', '{"endpoints":[{"url":7}]}'],
    // A browser's reader may take comments, and joins what stands in several lines.
    `/**/${reportTo('https://192.168.1.1/')}`,
    reportTo('https://collector.example/r').slice(0, -1),
    reportTo('https://'),
  ])('leads elsewhere, where it cannot be read: %s', (value) => {
    expect(ordersOf(['report-to', value])).toEqual({ reports: true, elsewhere: true })
  })

  it('leads nowhere else, where a group names no endpoint or the site’s own', () => {
    expect(ordersOf(['report-to', `${reportTo()}, ${reportTo('/r')}`])).toEqual({
      reports: true,
      elsewhere: false,
    })
  })

  it.each([
    'clear',
    'h3=":443"; ma=86400',
    'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    'quic=":443"; ma=2592000; v="46,43"',
    'h3="www.example.com:443"; persist=1',
  ])('is nothing, where the other way is the same place: %s', (value) => {
    expect(ordersOf(['alt-svc', value])).toBeNull()
  })

  it.each([
    'h3=":9100"',
    'h3="192.168.1.1:443"',
    'h3="printer.local:443"',
    'h2="other.example:443"; ma=60',
    'h3=":443"; ma=60 ,h3="10.0.0.1:443"',
    'h3=":443"; v="46",h3="10.0.0.1:443"',
    'h3="10.0.0.1:443',
    'h3="www.example.com:80"',
    'h3="\\:443"',
  ])('leads elsewhere, where the other way is another host or port: %s', (value) => {
    expect(ordersOf(['Alt-Svc', 'clear'], ['Alt-Svc', value])).toEqual({ reports: false, elsewhere: true })
  })

  it('a port that a test has opened counts as that site’s own', () => {
    const at = {
      url: 'https://www.example.com:9000/',
      headers: [['alt-svc', 'h3=":443"']] as [string, string][],
    }
    expect(ordersIn(at, rules)?.elsewhere).toBe(true)
    expect(ordersIn({ ...at, headers: [['alt-svc', 'h3=":9000"']] }, rules)).toBeNull()
  })
})
