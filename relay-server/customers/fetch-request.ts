import * as v from 'valibot'
import { networkPolicy } from '#network-policy'
import { type FailureCode, type HeaderList, requestBodyBytesMax } from '#protocol'
import { sortHeaders } from './request-headers.ts'

/** What a customer asked for, checked and with every default filled in. */
export type FetchRequest = {
  url: string
  method: string
  headers: HeaderList
  droppedHeaders: string[]
  body: Uint8Array | null
  countries: string[] | null
  redirect: 'follow' | 'manual' | 'error'
  redirectsMax: number
  timeoutMs: number
  maxBytes: number | null
  /** Null where the customer's first declared one is meant. */
  purpose: string | null
}

export type FetchRequestRefusal = {
  code: FailureCode
  detail: string
  errors: { pointer: string; detail: string }[]
}
export type FetchRequestVerdict = { ok: true; request: FetchRequest } | ({ ok: false } & FetchRequestRefusal)

export const timeoutMsMin = 100
export const timeoutMsMax = 120_000
export const timeoutMsDefault = 30_000
export const redirectsMaxMax = 20
export const redirectsMaxDefault = 5
/** As long as a declared one can be. */
export const purposeCharactersMax = 100
/** Larger limits would only be a wrong unit: nothing that large fits through a browser. */
export const maxBytesMax = 1024 ** 4

const { methods } = networkPolicy
const country = v.pipe(
  v.string(),
  v.regex(/^[A-Z]{2}$/, 'must be a two-letter country code in capitals, such as "DE"'),
)

const offered = {
  url: v.pipe(v.string('must be text, such as "https://example.com/"'), v.nonEmpty('must not be empty')),
  method: v.optional(v.picklist(methods, `must be one of ${methods.join(', ')}`), 'GET'),
  headers: v.optional(
    v.custom<Record<string, unknown>>(isObject, 'must be an object of header names and their values'),
    {},
  ),
  body: v.optional(v.nullable(v.string('must be text or null')), null),
  bodyBase64: v.optional(
    v.nullable(
      v.pipe(v.string('must be base64 text or null'), v.check(isBase64, 'must be base64 text or null')),
    ),
    null,
  ),
  country: v.optional(
    v.nullable(
      v.union(
        [country, v.pipe(v.array(country), v.nonEmpty('must name a country'), v.maxLength(50))],
        countrySentence,
      ),
    ),
    null,
  ),
  redirect: v.optional(
    v.picklist(['follow', 'manual', 'error'], 'must be "follow", "manual" or "error"'),
    'follow',
  ),
  maxRedirects: v.optional(wholeNumber(0, redirectsMaxMax), redirectsMaxDefault),
  timeoutMs: v.optional(wholeNumber(timeoutMsMin, timeoutMsMax), timeoutMsDefault),
  maxBytes: v.optional(v.nullable(wholeNumber(1, maxBytesMax)), null),
  purpose: v.optional(
    v.nullable(
      v.pipe(
        v.string('must be text or null'),
        v.nonEmpty('must not be empty: leave it out, or name a declared purpose'),
        v.maxLength(purposeCharactersMax, `must be at most ${purposeCharactersMax} characters`),
      ),
    ),
    null,
  ),
}

/** Fields of API.md that a later version offers: their default is accepted, any other value is answered with `unsupported-feature`. */
export const laterFields: Readonly<Record<string, unknown>> = {
  region: null,
  city: null,
  asn: null,
  geoMode: 'strict',
  session: null,
  retries: 2,
  formats: ['raw'],
  robots: 'obey',
  verify: 1,
  allowSensitive: false,
  chargeAnyStatus: false,
  maxCostBytes: null,
  tags: {},
  echo: null,
  dryRun: false,
}

const shape = v.strictObject(offered, unknownFieldSentence)

/** Checks the JSON document of `POST /v1/fetch`. All that is wrong is listed, each with a JSON pointer (RFC 6901). */
export function readFetchRequest(document: unknown): FetchRequestVerdict {
  if (!isObject(document))
    return refused('invalid-request', [
      { pointer: '', detail: 'The request must be a JSON object with at least "url".' },
    ])
  const { later, now } = splitLater(document)
  const unsupported = later.filter(([name, value]) => !isDefault(value, laterFields[name]))
  if (unsupported.length > 0)
    return refused(
      'unsupported-feature',
      unsupported.map(([name]) => notOffered(name)),
    )
  const parsed = v.safeParse(shape, now)
  if (!parsed.success) return refused('invalid-request', parsed.issues.map(toError))
  return complete(parsed.output)
}

/** `GET /v1/fetch?url=&country=`: the same request, written as a query. */
export function readFetchQuery(query: URLSearchParams): FetchRequestVerdict {
  const document = new Map<string, unknown>()
  for (const [name, value] of query) {
    if (document.has(name))
      return refused('invalid-request', [{ pointer: pointerTo(name), detail: 'stands more than once' }])
    document.set(name, queryValue(name, value))
  }
  document.delete('raw')
  return readFetchRequest(Object.fromEntries(document))
}

/** A query is text. Numbers and lists are told from it by the field's name; what a later version offers is read as JSON. */
function queryValue(name: string, value: string): unknown {
  if (name === 'country') return value.includes(',') ? value.split(',') : value
  if (['maxRedirects', 'timeoutMs', 'maxBytes'].includes(name))
    return /^\d+$/.test(value) ? Number(value) : value
  if (Object.hasOwn(laterFields, name)) return laterValue(value)
  return value
}

function laterValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function complete(fields: v.InferOutput<typeof shape>): FetchRequestVerdict {
  const notText = Object.entries(fields.headers).find(([, value]) => typeof value !== 'string')
  if (notText)
    return refused('invalid-request', [{ pointer: pointerTo('headers', notText[0]), detail: 'must be text' }])
  const sorted = sortHeaders(fields.headers as Record<string, string>)
  if (!sorted.ok) return refused(sorted.code, [{ pointer: sorted.pointer, detail: sorted.detail }])
  const body = bodyOf(fields)
  if ('refusal' in body) return refused(...body.refusal)
  const { url, method, redirect, timeoutMs, maxBytes, purpose } = fields
  const countries = typeof fields.country === 'string' ? [fields.country] : fields.country
  const request = {
    url,
    method,
    redirect,
    timeoutMs,
    maxBytes,
    purpose,
    countries,
    redirectsMax: fields.maxRedirects,
  }
  return {
    ok: true,
    request: { ...request, headers: sorted.headers, droppedHeaders: sorted.dropped, body: body.bytes },
  }
}

type Body = { bytes: Uint8Array | null } | { refusal: [FailureCode, FetchRequestRefusal['errors']] }

function bodyOf({ body, bodyBase64, method }: v.InferOutput<typeof shape>): Body {
  if (body !== null && bodyBase64 !== null)
    return {
      refusal: [
        'invalid-request',
        [{ pointer: '/bodyBase64', detail: 'give either "body" or "bodyBase64"' }],
      ],
    }
  const bytes = bodyBase64 === null ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64')
  if (bytes.length === 0) return { bytes: null }
  const pointer = bodyBase64 === null ? '/body' : '/bodyBase64'
  if (method === 'GET' || method === 'HEAD')
    return {
      refusal: [
        'invalid-request',
        [{ pointer, detail: `${method} takes no body: leave it out, or use POST` }],
      ],
    }
  if (bytes.length > requestBodyBytesMax)
    return {
      refusal: ['body-too-large', [{ pointer, detail: `must be at most ${requestBodyBytesMax} bytes` }]],
    }
  return { bytes }
}

function splitLater(document: Record<string, unknown>) {
  const entries = Object.entries(document)
  const isLater = ([name]: [string, unknown]) => Object.hasOwn(laterFields, name)
  return {
    later: entries.filter(isLater),
    now: Object.fromEntries(entries.filter((entry) => !isLater(entry))),
  }
}

function refused(code: FailureCode, errors: FetchRequestRefusal['errors']): FetchRequestVerdict {
  const [first] = errors
  const where = first?.pointer ? `${first.pointer}: ` : ''
  return { ok: false, code, detail: `${where}${first?.detail ?? 'The request is not valid.'}`, errors }
}

const notOffered = (name: string) => ({
  pointer: `/${name}`,
  detail: `only ${JSON.stringify(laterFields[name])} is offered in this version: leave "${name}" out`,
})

function toError(issue: v.BaseIssue<unknown>): { pointer: string; detail: string } {
  return { pointer: pointerTo(...(issue.path ?? []).map((part) => String(part.key))), detail: issue.message }
}

function wholeNumber(min: number, max: number) {
  const sentence = `must be a whole number from ${min} to ${max}`
  return v.pipe(v.number(sentence), v.integer(sentence), v.minValue(min, sentence), v.maxValue(max, sentence))
}

function countrySentence(): string {
  return 'must be a two-letter country code in capitals, such as "DE", or a list of them'
}

function unknownFieldSentence(issue: v.BaseIssue<unknown>): string {
  return issue.expected === 'never' ? 'is not a known field' : 'is required'
}

/** RFC 6901, section 3. */
const pointerTo = (...names: string[]): string =>
  names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** One pass without backtracking: a pattern of groups runs out of stack on a body of 8 MiB. RFC 4648, section 4. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}

/** Defaults are flat, so a value of any depth is compared without going down into it. */
function isDefault(value: unknown, standard: unknown): boolean {
  if (Array.isArray(standard))
    return (
      Array.isArray(value) &&
      value.length === standard.length &&
      standard.every((each, index) => value[index] === each)
    )
  if (isObject(standard)) return isObject(value) && Object.keys(value).length === 0
  return value === standard
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
