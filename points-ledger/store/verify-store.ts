/**
 * What must be true of the books, each as a question that PostgreSQL answers: how many things there are, and which of
 * them are wrong. None of it trusts the code that posts: sums are taken anew from the rows.
 */

import type { Transaction } from './connection.ts'
import { type SQL, sql } from './drizzle.ts'
import { rowsOf } from './rows.ts'

export type Question = {
  name: string
  /** What is looked at, in the plural. */
  things: string
  /** What is true of each of them. */
  promise: string
  /** One number: how many there are. */
  count: SQL
  /** One text column `detail`: a row for each that is wrong, saying how. */
  wrong: SQL
}

export type Answer = { examined: number; wrong: number; details: string[] }

const detailsShown = 3

/** Asks one question; `details` tells the first few that are wrong. */
export async function ask(tx: Transaction, { count, wrong }: Question): Promise<Answer> {
  const [counted = {}] = await rowsOf(tx, count)
  const rows = await rowsOf(
    tx,
    sql`select detail, count(*) over () as wrong from (${wrong}) as found order by detail limit ${detailsShown}`,
  )
  return {
    examined: Number(counted.count),
    wrong: Number(rows[0]?.wrong ?? 0),
    details: rows.map((row) => String(row.detail)),
  }
}

const sums: Question = {
  name: 'sums',
  things: 'assets',
  promise: 'have balances that add up to zero',
  count: sql`select count(distinct asset) from balances`,
  wrong: sql`
    select format('the balances of %s add up to %s, not to 0', asset, sum(amount)) as detail
    from balances group by asset having sum(amount) <> 0`,
}

const balances: Question = {
  name: 'balances',
  things: 'balances',
  promise: 'equal the sum of their journal lines',
  count: sql`select count(*) from balances`,
  wrong: sql`
    with moved as (
      select destination as ledger_account, asset, amount from journal
      union all select source, asset, -amount from journal
    ), folded as (
      select ledger_account, asset, sum(amount) as amount from moved group by ledger_account, asset
    )
    select format('%s holds %s, but its journal lines add up to %s', ledger_account,
      coalesce(balances.amount::text, 'nothing'), coalesce(folded.amount, 0)) as detail
    from balances full join folded using (ledger_account, asset)
    where balances.amount is distinct from coalesce(folded.amount, 0)`,
}

const ordinary: Question = {
  name: 'ordinary-accounts',
  things: 'ordinary ledger accounts',
  promise: 'are not below zero',
  count: sql`
    select count(*) from balances
    where ledger_account not in ('issuance:traffic', 'goodwill:traffic', 'issuance:points')`,
  wrong: sql`
    select format('%s is at %s', ledger_account, amount) as detail from balances
    where amount < 0 and ledger_account not in ('issuance:traffic', 'goodwill:traffic', 'issuance:points')`,
}

const journal: Question = {
  name: 'journal',
  things: 'journal lines',
  promise: 'move what their kind moves, between accounts that it may move between',
  count: sql`select count(*) from journal`,
  wrong: sql`
    with rules (kind, asset, source, destination) as (values
      ('issue', 'traffic', 'issuance:traffic', 'customer:%'),
      ('hold', 'traffic', 'customer:%', 'hold:%'),
      ('release', 'traffic', 'hold:%', 'customer:%'),
      ('charge', 'traffic', 'hold:%', 'carried:traffic'),
      ('charge', 'traffic', 'customer:%', 'carried:traffic'),
      ('goodwill', 'traffic', 'goodwill:traffic', 'carried:traffic'),
      ('uncovered', 'traffic', 'goodwill:traffic', 'carried:traffic'),
      ('recovered', 'traffic', 'goodwill:traffic', 'carried:traffic'),
      ('earn', 'points', 'issuance:points', 'account:%'),
      ('join', 'points', 'account:%', 'account:%')
    )
    select format('line %s is no %s: %s %s from %s to %s', id, kind, amount, asset, source, destination) as detail
    from journal where amount <= 0 or not exists (
      select from rules where rules.kind = journal.kind and rules.asset = journal.asset
        and journal.source like rules.source and journal.destination like rules.destination
    )`,
}

const journalGuard: Question = {
  name: 'journal-guard',
  things: 'triggers',
  promise: 'keep the journal append-only',
  count: sql`select count(*) from pg_trigger where tgrelid = 'journal'::regclass and not tgisinternal`,
  wrong: sql`
    select format('the trigger %s is %s', name, case when tgname is null then 'missing' else 'switched off' end) as detail
    from (values ('journal_append_only_rows'), ('journal_append_only_table')) as wanted (name)
    left join pg_trigger on tgname = name and tgrelid = 'journal'::regclass
    where tgname is null or tgenabled not in ('O', 'A')`,
}

const customers: Question = {
  name: 'customers',
  things: 'customers',
  promise: 'have a balance',
  count: sql`select count(*) from customers`,
  wrong: sql`
    select format('%s has none', coalesce(customer_id, ledger_account)) as detail
    from customers full join (select * from balances where ledger_account like 'customer:%') as held
      on ledger_account = 'customer:' || customer_id
    where customer_id is null or ledger_account is null`,
}

const holds: Question = {
  name: 'holds',
  things: 'holds',
  promise: 'contain traffic of their own customer, and nothing once they are closed',
  count: sql`select count(*) from holds`,
  wrong: sql`
    select format('hold %s is closed as %s and contains %s', hold_id, closed_as, amount) as detail
    from holds join balances on ledger_account = 'hold:' || hold_id where closed_as is not null and amount <> 0
    union all
    select format('%s has no %s', coalesce(hold_id, ledger_account), case when hold_id is null then 'hold' else 'balance' end)
    from holds full join (select * from balances where ledger_account like 'hold:%') as held
      on ledger_account = 'hold:' || hold_id
    where hold_id is null or ledger_account is null
    union all
    select format('line %s of hold %s moves traffic of another customer than %s', id, hold_id, customer_id)
    from journal join holds on hold_id = ref
    where kind in ('hold', 'release') and not (
      (source = 'customer:' || customer_id and destination = 'hold:' || hold_id) or
      (source = 'hold:' || hold_id and destination = 'customer:' || customer_id))`,
}

const attempts: Question = {
  name: 'attempts',
  things: 'attempts',
  promise: 'are charged and borne in the journal as their rows say, by their own customer',
  count: sql`select count(*) from attempts`,
  wrong: sql`
    with posted as (
      select ref, coalesce(sum(amount) filter (where kind = 'charge'), 0) as charged,
        coalesce(sum(amount) filter (where kind <> 'charge'), 0) as goodwill
      from journal where kind in ('charge', 'goodwill', 'uncovered') group by ref
    ), rows as (
      select exchange_id || '/' || attempt as ref, charged_bytes, goodwill_bytes from attempts
    )
    select format('%s says %s charged and %s goodwill, the journal %s and %s', ref, coalesce(charged_bytes::text, 'nothing'),
      coalesce(goodwill_bytes::text, 'nothing'), coalesce(charged, 0), coalesce(goodwill, 0)) as detail
    from rows full join posted using (ref)
    where charged_bytes is distinct from coalesce(charged, 0) or goodwill_bytes is distinct from coalesce(goodwill, 0)
    union all
    select format('line %s charges %s for %s of customer %s', id, source, ref, customer_id)
    from journal join attempts on exchange_id || '/' || attempt = ref
    where kind = 'charge' and source <> 'customer:' || customer_id and source is distinct from 'hold:' || hold_id
    union all
    select format('%s/%s carried %s, but %s are charged, borne or recovered', exchange_id, attempt,
      carried_up + carried_down, charged_bytes + goodwill_bytes + recovered_bytes)
    from attempts where carried_up + carried_down <> charged_bytes + goodwill_bytes + recovered_bytes`,
}

const exchanges: Question = {
  name: 'exchanges',
  things: 'exchanges',
  promise: 'are charged no more than the customer was told',
  count: sql`select count(*) from exchanges`,
  wrong: sql`
    select format('%s was told to carry %s for %s charged, its attempts carried %s for %s', exchange_id,
      exchanges.carried_up + exchanges.carried_down, exchanges.charged_bytes, posted.carried, posted.charged) as detail
    from exchanges join (
      select exchange_id, sum(carried_up + carried_down) as carried, sum(charged_bytes) as charged,
        bool_or(attempts.customer_id <> named.customer_id) as strange
      from attempts join (select exchange_id, customer_id from exchanges) as named using (exchange_id)
      group by exchange_id
    ) as posted using (exchange_id)
    where posted.charged > exchanges.charged_bytes or posted.strange
      or posted.carried > exchanges.carried_up + exchanges.carried_down`,
}

const marks: Question = {
  name: 'marks',
  things: 'links',
  promise: 'explain exactly the bytes of their attempts, within their receipts',
  count: sql`select count(*) from links`,
  wrong: sql`
    with rows as (
      select link_id, sum(carried_up) as up, sum(carried_down) as down from attempts group by link_id
    )
    select format('link %s explains %s up and %s down, its attempts add up to %s and %s', link_id, explained_up,
      explained_down, coalesce(up, 0), coalesce(down, 0)) as detail
    from links left join rows using (link_id)
    where explained_up <> coalesce(up, 0) or explained_down <> coalesce(down, 0)
    union all
    select format('link %s has posted more than its receipt %s states', link_id, sequence)
    from links where explained_up + recovered_up > relay_up or explained_down + recovered_down > relay_down`,
}

const recovered: Question = {
  name: 'recovered',
  things: 'links',
  promise: 'have recovered what the journal says, less what late rows explained',
  count: sql`select count(*) from links`,
  wrong: sql`
    with posted as (select ref as link_id, sum(amount) as amount from journal where kind = 'recovered' group by ref),
    consumed as (select link_id, sum(recovered_bytes) as amount from attempts group by link_id)
    select format('link %s shows %s recovered, the journal less its late rows says %s', link_id,
      coalesce((recovered_up + recovered_down)::text, 'nothing'),
      coalesce(posted.amount, 0) - coalesce(consumed.amount, 0)) as detail
    from links full join posted using (link_id) left join consumed using (link_id)
    where recovered_up + recovered_down is distinct from coalesce(posted.amount, 0) - coalesce(consumed.amount, 0)`,
}

const carried: Question = {
  name: 'carried',
  things: 'sums of carried bytes',
  promise: 'agree: posted = charged + goodwill = explained + recovered',
  count: sql`select 3 as count`,
  wrong: sql`
    select format('posted %s, charged + goodwill %s, explained + recovered %s', posted, borne, counted) as detail
    from (select
      (select amount from balances where ledger_account = 'carried:traffic') as posted,
      (select coalesce(sum(amount), 0) from journal
        where kind in ('charge', 'goodwill', 'uncovered', 'recovered')) as borne,
      (select coalesce(sum(explained_up + explained_down + recovered_up + recovered_down), 0) from links) as counted
    ) as sums where posted is distinct from borne or posted is distinct from counted`,
}

const points: Question = {
  name: 'points',
  things: 'links with points',
  promise: 'earned the floor of their credited bytes at the rate of each card',
  count: sql`select count(distinct link_id) from link_points`,
  wrong: sql`
    select format('link %s has %s units for %s bytes under card %s, not %s', link_id, posted_units, credited_bytes,
      version, div(credited_bytes::numeric * units_per_mib, 1048576)) as detail
    from link_points join rate_cards on version = rate_card_version
    where posted_units <> div(credited_bytes::numeric * units_per_mib, 1048576)
    union all
    select format('link %s has %s units, the journal %s', link_id, coalesce(counted.units, 0), coalesce(posted.units, 0))
    from (select link_id, sum(posted_units) as units from link_points group by link_id) as counted
    full join (select ref as link_id, sum(amount) as units from journal where kind = 'earn' group by ref) as posted
      using (link_id)
    where coalesce(counted.units, 0) <> coalesce(posted.units, 0)
    union all
    select format('link %s is credited %s bytes, its cards add up to %s', link_id, links.credited_bytes,
      coalesce(counted.bytes, 0))
    from links left join (select link_id, sum(credited_bytes) as bytes from link_points group by link_id) as counted
      using (link_id)
    where links.credited_bytes <> coalesce(counted.bytes, 0)
    union all
    select format('link %s is credited %s bytes, beside %s posted and %s by the smaller counts', link_id,
      credited_bytes, explained_up + explained_down + recovered_up + recovered_down,
      relay_up + relay_down - shortfall_up - shortfall_down)
    from links where credited_bytes > explained_up + explained_down + recovered_up + recovered_down
      or credited_bytes < least(explained_up + recovered_up, relay_up - shortfall_up)
        + least(explained_down + recovered_down, relay_down - shortfall_down)`,
}

const accounts: Question = {
  name: 'accounts',
  things: 'accounts',
  promise: 'own the bytes and the points of their links',
  count: sql`select count(*) from accounts`,
  wrong: sql`
    select format('%s shows %s carried and %s credited, its links %s and %s', account_id, carried_bytes, credited_bytes,
      coalesce(carried, 0), coalesce(credited, 0)) as detail
    from accounts left join (
      select account_id, sum(explained_up + explained_down + recovered_up + recovered_down) as carried,
        sum(credited_bytes) as credited
      from links group by account_id
    ) as counted using (account_id)
    where carried_bytes <> coalesce(carried, 0) or accounts.credited_bytes <> coalesce(credited, 0)
    union all
    select format('line %s pays %s for link %s of account %s', id, destination, link_id, account_id)
    from journal join links on link_id = ref where kind = 'earn' and destination <> 'account:' || account_id
    union all
    select format('%s has no balance of points', account_id) from accounts
    where not exists (select from balances where ledger_account = 'account:' || account_id)
    union all
    select format('line %s takes the points of %s, which was joined into no account', id, source)
    from journal where kind = 'join' and not exists (
      select from accounts where source = 'account:' || account_id and joined_into is not null)`,
}

const nodes: Question = {
  name: 'nodes',
  things: 'nodes',
  promise: 'have carried what was posted for their links',
  count: sql`select count(*) from nodes`,
  wrong: sql`
    select format('%s shows %s carried, its links %s', nodes.node_id, carried_bytes, coalesce(carried, 0)) as detail
    from nodes left join (
      select node_id, sum(explained_up + explained_down + recovered_up + recovered_down) as carried
      from links group by node_id
    ) as counted using (node_id)
    where carried_bytes <> coalesce(carried, 0)`,
}

export const questions: readonly Question[] = [
  sums,
  balances,
  ordinary,
  journal,
  journalGuard,
  customers,
  holds,
  attempts,
  exchanges,
  marks,
  recovered,
  carried,
  points,
  accounts,
  nodes,
]
