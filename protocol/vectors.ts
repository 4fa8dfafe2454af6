import type { CloseCode } from './close-codes.ts'
import type { CounterSignature, Frame, Receipt } from './frames.ts'

/**
 * Messages with the frames that they mean, for whoever writes a second implementation: `text` is a text message as it stands,
 * `hex` the bytes of a binary one. Every change of the wire adds one here and a line in version.ts.
 */
export type Message = { text: string } | { hex: string }
export type FrameVector = { name: string; frame: Frame } & Message
/** A message that breaks the grammar, and the code of the goodbye that answers it. */
export type RefusalVector = { name: string; code: CloseCode } & Message
/** Ed25519 is deterministic (RFC 8032): this seed and this text give this signature, whoever computes it. */
export type SignatureVector = {
  name: string
  seedHex: string
  publicKey: string
  text: string
  signature: string
}

const receipt: Receipt = {
  relayId: 'r_56475aa75463474c0285df5dbf2bcab7',
  nodeId: 'n_24f6ed6acbfe1009c030d7ca567c33ca',
  linkId: 'lnk_1',
  sequence: 2,
  exchanges: 3,
  upFrames: 5,
  carriedUp: 70000,
  carriedDown: 1200,
  atUnixMs: 1800000000000,
  signature: 'Hel0AbWTXaPCjWblwIu7HkH6ePA4-N-p8S-cszjwSl81bxwHqfY-eXI5GBTAZYGYucMQUFPpk2x-HCkHLGrhAA',
}
const counterSignature: CounterSignature = {
  carriedUp: 70000,
  carriedDown: 1200,
  signature: 'XmYipMS1eE_RTLLbwDel-1KerCkkGfQOJLw7DMHExItI4eOVYiJ0WSDp4lcPNNIKPGsd_1FuI4FM8hCV9O3WCA',
}

export const frameVectors: readonly FrameVector[] = [
  {
    name: 'challenge',
    frame: {
      type: 'challenge',
      version: 2,
      relayId: 'r_56475aa75463474c0285df5dbf2bcab7',
      relayKey: 'A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg',
      publicUrl: 'https://relay.example',
      nonce: 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8',
    },
    text: '{"type":"challenge","version":2,"relayId":"r_56475aa75463474c0285df5dbf2bcab7","relayKey":"A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg","publicUrl":"https://relay.example","nonce":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"}',
  },
  {
    name: 'hello',
    frame: {
      type: 'hello',
      version: 2,
      nodeKey: 'Kay64UG8yvCyLhqU000LxzYeUm0L_hLIl5S8kyKWbdc',
      signature: 'xTj8IxjHAG0K51qmH2TTI0ezw_IIf5SeaqBg13OA_NiP6y_giTKSi-AgWCzNiVTkcT7EYhY29gusFHlR0Tp0Dg',
      relayUrl: 'https://relay.example',
      terms: {
        lanesMax: 64,
        deniedCategories: ['gambling'],
        deniedHosts: ['casino.example'],
        allowedHosts: [],
        onlyAllowed: false,
        deniedCustomers: [],
      },
      schemes: ['http', 'https'],
      kind: 'chromium',
      softwareVersion: '0.1.0',
    },
    text: '{"type":"hello","version":2,"nodeKey":"Kay64UG8yvCyLhqU000LxzYeUm0L_hLIl5S8kyKWbdc","signature":"xTj8IxjHAG0K51qmH2TTI0ezw_IIf5SeaqBg13OA_NiP6y_giTKSi-AgWCzNiVTkcT7EYhY29gusFHlR0Tp0Dg","relayUrl":"https://relay.example","terms":{"lanesMax":64,"deniedCategories":["gambling"],"deniedHosts":["casino.example"],"allowedHosts":[],"onlyAllowed":false,"deniedCustomers":[]},"schemes":["http","https"],"kind":"chromium","softwareVersion":"0.1.0"}',
  },
  {
    name: 'welcome',
    frame: {
      type: 'welcome',
      linkId: 'lnk_1',
      nodeId: 'n_24f6ed6acbfe1009c030d7ca567c33ca',
      country: 'DE',
      publicAddress: '9.8.7.6',
      addressSpaceOverrides: [],
      unitsPerMib: 1000000,
    },
    text: '{"type":"welcome","linkId":"lnk_1","nodeId":"n_24f6ed6acbfe1009c030d7ca567c33ca","country":"DE","publicAddress":"9.8.7.6","addressSpaceOverrides":[],"unitsPerMib":1000000}',
  },
  {
    name: 'present, nothing to present',
    frame: { type: 'present', receipts: [] },
    text: '{"type":"present","receipts":[]}',
  },
  {
    name: 'present, one receipt',
    frame: { type: 'present', receipts: [{ receipt: receipt, counterSignature: counterSignature }] },
    text: '{"type":"present","receipts":[{"receipt":{"relayId":"r_56475aa75463474c0285df5dbf2bcab7","nodeId":"n_24f6ed6acbfe1009c030d7ca567c33ca","linkId":"lnk_1","sequence":2,"exchanges":3,"upFrames":5,"carriedUp":70000,"carriedDown":1200,"atUnixMs":1800000000000,"signature":"Hel0AbWTXaPCjWblwIu7HkH6ePA4-N-p8S-cszjwSl81bxwHqfY-eXI5GBTAZYGYucMQUFPpk2x-HCkHLGrhAA"},"counterSignature":{"carriedUp":70000,"carriedDown":1200,"signature":"XmYipMS1eE_RTLLbwDel-1KerCkkGfQOJLw7DMHExItI4eOVYiJ0WSDp4lcPNNIKPGsd_1FuI4FM8hCV9O3WCA"}}]}',
  },
  {
    name: 'terms, no work',
    frame: {
      type: 'terms',
      terms: {
        lanesMax: 0,
        deniedCategories: [],
        deniedHosts: [],
        allowedHosts: ['example.org'],
        onlyAllowed: true,
        deniedCustomers: ['cus_2'],
      },
    },
    text: '{"type":"terms","terms":{"lanesMax":0,"deniedCategories":[],"deniedHosts":[],"allowedHosts":["example.org"],"onlyAllowed":true,"deniedCustomers":["cus_2"]}}',
  },
  {
    name: 'open, a page',
    frame: {
      type: 'open',
      lane: 1,
      exchangeId: 'ex_1',
      attempt: 1,
      method: 'GET',
      url: 'https://example.com/',
      headers: [['accept', 'text/html']],
      bodyBytes: 0,
      windowBytes: 262144,
      gzip: true,
      answerBytesMax: null,
      headDeadlineMs: 30000,
      customer: { id: 'cus_1', label: 'acme', purpose: null, contact: null },
    },
    text: '{"type":"open","lane":1,"exchangeId":"ex_1","attempt":1,"method":"GET","url":"https://example.com/","headers":[["accept","text/html"]],"bodyBytes":0,"windowBytes":262144,"gzip":true,"answerBytesMax":null,"headDeadlineMs":30000,"customer":{"id":"cus_1","label":"acme","purpose":null,"contact":null}}',
  },
  {
    name: 'open, a body to come',
    frame: {
      type: 'open',
      lane: 2,
      exchangeId: 'ex_2',
      attempt: 2,
      method: 'POST',
      url: 'https://example.com/form',
      headers: [],
      bodyBytes: 5,
      windowBytes: 65536,
      gzip: false,
      answerBytesMax: 1000000,
      headDeadlineMs: 30000,
      customer: { id: 'cus_1', label: 'acme', purpose: 'research', contact: 'abuse@acme.example' },
    },
    text: '{"type":"open","lane":2,"exchangeId":"ex_2","attempt":2,"method":"POST","url":"https://example.com/form","headers":[],"bodyBytes":5,"windowBytes":65536,"gzip":false,"answerBytesMax":1000000,"headDeadlineMs":30000,"customer":{"id":"cus_1","label":"acme","purpose":"research","contact":"abuse@acme.example"}}',
  },
  {
    name: 'chunk',
    frame: { type: 'chunk', lane: 2, payload: Uint8Array.of(104, 101, 108, 108, 111) },
    hex: '010000000268656c6c6f',
  },
  {
    name: 'chunk, the highest lane',
    frame: { type: 'chunk', lane: 4294967295, payload: Uint8Array.of(0) },
    hex: '01ffffffff00',
  },
  {
    name: 'end',
    frame: { type: 'end', lane: 2, truncated: false },
    text: '{"type":"end","lane":2,"truncated":false}',
  },
  {
    name: 'head',
    frame: {
      type: 'head',
      lane: 1,
      status: 200,
      headers: [
        ['content-type', 'text/html'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      encoding: 'gzip',
    },
    text: '{"type":"head","lane":1,"status":200,"headers":[["content-type","text/html"],["set-cookie","a=1"],["set-cookie","b=2"]],"encoding":"gzip"}',
  },
  {
    name: 'answer',
    frame: {
      type: 'answer',
      lane: 1,
      status: 200,
      headers: [['content-type', 'text/plain']],
      encoding: 'identity',
      truncated: false,
      body: Uint8Array.of(104, 101, 108, 108, 111),
    },
    hex: '0200000001000000607b22737461747573223a3230302c2268656164657273223a5b5b22636f6e74656e742d74797065222c22746578742f706c61696e225d5d2c22656e636f64696e67223a226964656e74697479222c227472756e6361746564223a66616c73657d68656c6c6f',
  },
  {
    name: 'answer, no body',
    frame: {
      type: 'answer',
      lane: 3,
      status: 204,
      headers: [],
      encoding: 'identity',
      truncated: false,
      body: new Uint8Array(0),
    },
    hex: '0200000003000000437b22737461747573223a3230342c2268656164657273223a5b5d2c22656e636f64696e67223a226964656e74697479222c227472756e6361746564223a66616c73657d',
  },
  {
    name: 'failed',
    frame: { type: 'failed', lane: 1, code: 'target-dns', detail: 'the name example.com was not found' },
    text: '{"type":"failed","lane":1,"code":"target-dns","detail":"the name example.com was not found"}',
  },
  {
    name: 'grant',
    frame: { type: 'grant', lane: 1, bytes: 131072 },
    text: '{"type":"grant","lane":1,"bytes":131072}',
  },
  {
    name: 'stop, the customer left',
    frame: { type: 'stop', lane: 1, code: null },
    text: '{"type":"stop","lane":1,"code":null}',
  },
  {
    name: 'stop, the answer came too late',
    frame: { type: 'stop', lane: 1, code: 'target-timeout' },
    text: '{"type":"stop","lane":1,"code":"target-timeout"}',
  },
  {
    name: 'receipt',
    frame: { type: 'receipt', receipt: receipt },
    text: '{"type":"receipt","receipt":{"relayId":"r_56475aa75463474c0285df5dbf2bcab7","nodeId":"n_24f6ed6acbfe1009c030d7ca567c33ca","linkId":"lnk_1","sequence":2,"exchanges":3,"upFrames":5,"carriedUp":70000,"carriedDown":1200,"atUnixMs":1800000000000,"signature":"Hel0AbWTXaPCjWblwIu7HkH6ePA4-N-p8S-cszjwSl81bxwHqfY-eXI5GBTAZYGYucMQUFPpk2x-HCkHLGrhAA"}}',
  },
  {
    name: 'receipt-signed',
    frame: { type: 'receipt-signed', linkId: 'lnk_1', sequence: 2, counterSignature: counterSignature },
    text: '{"type":"receipt-signed","linkId":"lnk_1","sequence":2,"counterSignature":{"carriedUp":70000,"carriedDown":1200,"signature":"XmYipMS1eE_RTLLbwDel-1KerCkkGfQOJLw7DMHExItI4eOVYiJ0WSDp4lcPNNIKPGsd_1FuI4FM8hCV9O3WCA"}}',
  },
  {
    name: 'posted',
    frame: { type: 'posted', linkId: 'lnk_1', sequence: 2 },
    text: '{"type":"posted","linkId":"lnk_1","sequence":2}',
  },
  {
    name: 'earned',
    frame: { type: 'earned', accountUnits: '66757', nodeCarriedBytes: 71200 },
    text: '{"type":"earned","accountUnits":"66757","nodeCarriedBytes":71200}',
  },
  {
    name: 'quality',
    frame: {
      type: 'quality',
      scorePercent: 87,
      reliabilityPercent: 99,
      speedPercent: 74,
      reachPercent: null,
      askedLastHour: 120,
      offeredLastHour: 4,
      restMs: 0,
    },
    text: '{"type":"quality","scorePercent":87,"reliabilityPercent":99,"speedPercent":74,"reachPercent":null,"askedLastHour":120,"offeredLastHour":4,"restMs":0}',
  },
  {
    name: 'account-request, keep a code',
    frame: {
      type: 'account-request',
      request: 1,
      action: 'keep-recovery-code',
      value: 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8',
    },
    text: '{"type":"account-request","request":1,"action":"keep-recovery-code","value":"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"}',
  },
  {
    name: 'account-answer, one device',
    frame: {
      type: 'account-answer',
      request: 1,
      refusal: null,
      devices: [
        {
          nodeId: 'n_24f6ed6acbfe1009c030d7ca567c33ca',
          kind: 'chromium',
          country: 'DE',
          linked: true,
          firstSeenUnixMs: 1799000000000,
          lastSeenUnixMs: 1800000000000,
          carriedBytes: 71200,
        },
      ],
    },
    text: '{"type":"account-answer","request":1,"refusal":null,"devices":[{"nodeId":"n_24f6ed6acbfe1009c030d7ca567c33ca","kind":"chromium","country":"DE","linked":true,"firstSeenUnixMs":1799000000000,"lastSeenUnixMs":1800000000000,"carriedBytes":71200}]}',
  },
  {
    name: 'account-answer, refused',
    frame: { type: 'account-answer', request: 2, refusal: 'recovery-code-unknown', devices: [] },
    text: '{"type":"account-answer","request":2,"refusal":"recovery-code-unknown","devices":[]}',
  },
  {
    name: 'ping',
    frame: { type: 'ping', atUnixMs: 1800000000000 },
    text: '{"type":"ping","atUnixMs":1800000000000}',
  },
  {
    name: 'pong',
    frame: { type: 'pong', atUnixMs: 1800000000000 },
    text: '{"type":"pong","atUnixMs":1800000000000}',
  },
  {
    name: 'goodbye',
    frame: {
      type: 'goodbye',
      code: 'relay-draining',
      detail: 'the relay is about to be updated',
      version: 2,
      redialAfterMs: 5000,
    },
    text: '{"type":"goodbye","code":"relay-draining","detail":"the relay is about to be updated","version":2,"redialAfterMs":5000}',
  },
]

const relaySeedHex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const nodeSeedHex = '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f'
const relayKey = 'A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg'
const nodeKey = 'Kay64UG8yvCyLhqU000LxzYeUm0L_hLIl5S8kyKWbdc'

export const signatureVectors: readonly SignatureVector[] = [
  {
    name: 'hello',
    seedHex: nodeSeedHex,
    publicKey: nodeKey,
    text: 'fallow hello 1\nr_56475aa75463474c0285df5dbf2bcab7\nhttps://relay.example\nQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8\nKay64UG8yvCyLhqU000LxzYeUm0L_hLIl5S8kyKWbdc',
    signature: 'xTj8IxjHAG0K51qmH2TTI0ezw_IIf5SeaqBg13OA_NiP6y_giTKSi-AgWCzNiVTkcT7EYhY29gusFHlR0Tp0Dg',
  },
  {
    name: 'receipt',
    seedHex: relaySeedHex,
    publicKey: relayKey,
    text: 'fallow receipt 1\nr_56475aa75463474c0285df5dbf2bcab7\nn_24f6ed6acbfe1009c030d7ca567c33ca\nlnk_1\n2\n3\n5\n70000\n1200\n1800000000000',
    signature: receipt.signature,
  },
  {
    name: 'counter-signature',
    seedHex: nodeSeedHex,
    publicKey: nodeKey,
    text: 'fallow receipt-signed 1\nlnk_1\n2\nHel0AbWTXaPCjWblwIu7HkH6ePA4-N-p8S-cszjwSl81bxwHqfY-eXI5GBTAZYGYucMQUFPpk2x-HCkHLGrhAA\n70000\n1200',
    signature: counterSignature.signature,
  },
]

/** The ids in the vectors are these keys' fingerprints. */
export const fingerprintVectors = [
  { kind: 'r', publicKey: relayKey, id: 'r_56475aa75463474c0285df5dbf2bcab7' },
  { kind: 'n', publicKey: nodeKey, id: 'n_24f6ed6acbfe1009c030d7ca567c33ca' },
] as const

export const refusalVectors: readonly RefusalVector[] = [
  { name: 'not JSON', code: 'malformed-frame', text: '{"type":' },
  { name: 'no known type', code: 'malformed-frame', text: '{"type":"hallo"}' },
  { name: 'a field too many', code: 'malformed-frame', text: '{"type":"ping","atUnixMs":1,"more":1}' },
  { name: 'a field too few', code: 'malformed-frame', text: '{"type":"end","lane":1}' },
  { name: 'a number as text', code: 'malformed-frame', text: '{"type":"ping","atUnixMs":"1"}' },
  { name: 'lane 0', code: 'malformed-frame', text: '{"type":"grant","lane":0,"bytes":1}' },
  {
    name: 'a line end in an id',
    code: 'malformed-frame',
    text: '{"type":"posted","linkId":"a\\nb","sequence":1}',
  },
  {
    name: 'another version',
    code: 'version-mismatch',
    text: '{"type":"challenge","version":3,"novelty":true}',
  },
  {
    name: 'a header value with CR',
    code: 'header-invalid',
    text: '{"type":"head","lane":1,"status":200,"headers":[["x","a\\rb"]],"encoding":"identity"}',
  },
  {
    name: 'a header name in upper case',
    code: 'header-invalid',
    text: '{"type":"head","lane":1,"status":200,"headers":[["X","a"]],"encoding":"identity"}',
  },
  { name: 'no bytes', code: 'malformed-frame', hex: '' },
  { name: 'a chunk without payload', code: 'malformed-frame', hex: '0100000001' },
  { name: 'a chunk for lane 0', code: 'malformed-frame', hex: '0100000000ff' },
  { name: 'an unknown data type', code: 'malformed-frame', hex: '0300000001ff' },
  { name: 'an answer shorter than its head', code: 'malformed-frame', hex: '0200000001000000057b7d' },
  { name: 'an answer with an absurd head', code: 'frame-too-large', hex: '0200000001ffffffff' },
]
