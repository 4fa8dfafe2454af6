import { expect, test } from 'vitest'
import type { ActivityRow } from '../messages/index.ts'
import { exportFormats } from './export-rows.ts'

const row = (changes: Partial<ActivityRow> = {}): ActivityRow => ({
  id: 7,
  exchangeId: 'x_1',
  attempt: 1,
  atUnixMs: Date.UTC(2026, 10, 26, 9, 30),
  tookMs: 12,
  hosts: ['a.example', 'b.example'],
  method: 'GET',
  status: 200,
  upBytes: 1_048_576,
  downBytes: 3,
  customer: { id: 'c_1', label: 'Lexicon Labs', purpose: null, contact: 'crawl@lexicon.example' },
  outcome: 'completed',
  units: '1000002',
  ...changes,
})
const labelled = (label: string) => row({ customer: { id: 'c', label, purpose: null, contact: null } })
const written = (format: 'csv' | 'json', rows: ActivityRow[]) =>
  [...exportFormats[format].write(rows)].join('')
const customerCell = (label: string) => {
  const [, line = ''] = written('csv', [labelled(label)]).split('\r\n')
  return line.slice(line.indexOf('1048576,3,') + '1048576,3,'.length, line.indexOf(',,,"c","completed"'))
}

test('a row of the spreadsheet has every figure whole, times in UTC, and the redirects beside the site', () => {
  const [head, line] = written('csv', [row()]).replace('\ufeff', '').split('\r\n')
  expect(head).toBe(
    'time,site,redirectedTo,method,status,bytesToRelay,bytesFromRelay,customer,purpose,contact,customerId,outcome,points,tookMs,exchangeId,attempt',
  )
  expect(line).toBe(
    '"2026-11-26T09:30:00.000Z","a.example","b.example","GET",200,1048576,3,"Lexicon Labs",,"crawl@lexicon.example","c_1","completed","1.000002",12,"x_1",1',
  )
})

test.each([
  ['=cmd|calc', `"'=cmd|calc"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['＝1', `"'＝1"`],
  ['＋1', `"'＋1"`],
  ['－1', `"'－1"`],
  ['＠SUM(A1)', `"'＠SUM(A1)"`],
  ['\tx', `"'\tx"`],
  ['\rx', `"'\rx"`],
  ['\nx', `"'\nx"`],
  [' =1', `"' =1"`],
  ['x;=1+1', `"x;'=1+1"`],
  ['x; =1+1', `"x;' =1+1"`],
  ['x\t@y', `"x\t'@y"`],
  ['x\n=1', `"x\n'=1"`],
  ['=1,"2"', `"'=1,""2"""`],
  ['Smith, "J"', '"Smith, ""J"""'],
  ['two\nlines', '"two\nlines"'],
  ['a=b', '"a=b"'],
])('a customer who is called %j is written as %j, which no spreadsheet runs', (label, cell) => {
  expect(customerCell(label)).toBe(cell)
})

test('JSON says the same, and can be read whatever the number of rows', () => {
  const many = Array.from({ length: 10_001 }, () => row())
  const parsed = JSON.parse(written('json', many))
  expect(parsed).toHaveLength(10_001)
  expect(parsed[0]).toMatchObject({
    site: 'a.example',
    redirectedTo: 'b.example',
    points: '1.000002',
    status: 200,
  })
  expect(JSON.parse(written('json', []))).toEqual([])
  expect(written('csv', many).trimEnd().split('\r\n')).toHaveLength(10_002)
})
