import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerList } from '#protocol'
import { headersForRelay } from './response-headers.ts'

describe('a target’s headers on their way to the relay', () => {
  it('every Set-Cookie passes, in order, and names are lower case', () => {
    expect(
      headersForRelay([
        ['Set-Cookie', 'a=1'],
        ['X-A', '1'],
        ['set-cookie', 'b=2'],
      ]),
    ).toEqual([
      ['set-cookie', 'a=1'],
      ['x-a', '1'],
      ['set-cookie', 'b=2'],
    ])
  })

  it('what describes the encoding or the connection stays behind, and what Connection names', () => {
    expect(
      headersForRelay([
        ['Content-Encoding', 'br'],
        ['Content-Length', '12'],
        ['Transfer-Encoding', 'chunked'],
        ['Connection', 'X-Hop, keep-alive'],
        ['X-Hop', '1'],
        ['Keep-Alive', 'timeout=5'],
        ['ETag', '"1"'],
      ]),
    ).toEqual([['etag', '"1"']])
  })

  it.each([[['x-a', 'one\rtwo']], [['x-a', 'one\ntwo']], [['x-a', 'nul\0']], [['x a', '1']], [['', '1']]] as [
    string,
    string,
  ][][])('the forbidden header %j ends the exchange as target-protocol', (header) => {
    expect(() => headersForRelay([header])).toThrowError(expect.objectContaining({ code: 'target-protocol' }))
  })

  it('a value that the browser shows as text travels as the bytes that the target sent', () => {
    const [[, value]] = headersForRelay([['content-disposition', 'inline; filename=Łódź']]) as [
      [string, string],
    ]
    expect(Buffer.from(value, 'latin1').toString('utf8')).toBe('inline; filename=Łódź')
  })

  it('too many headers, or too large ones, end the exchange and not the link', () => {
    const many = Array.from({ length: 129 }, (_, index): [string, string] => [`x-${index}`, '1'])
    expect(() => headersForRelay(many)).toThrowError(expect.objectContaining({ code: 'target-protocol' }))
    expect(() => headersForRelay([['x-a', 'a'.repeat(70_000)]])).toThrowError(
      expect.objectContaining({ code: 'target-protocol' }),
    )
  })

  it('whatever comes out, the relay’s own check accepts', () => {
    const header = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(header), (raw) => {
        try {
          headerList(headersForRelay(raw), 'headers')
        } catch (error) {
          expect(error).toMatchObject({ code: 'target-protocol' })
        }
      }),
      { numRuns: 50 },
    )
  })
})
