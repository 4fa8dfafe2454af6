/** A customer as good as any other, for tests of everything else. */
export const acme = { label: 'acme', purposes: ['ai-retrieval'], contact: 'ops@acme.example' }
