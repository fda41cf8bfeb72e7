// The tables of the journal, in a schema of their own, and the migrations that lead to them. A migration is never changed: later ones are added.
import type { Connection } from './connection.ts'

export const SCHEMA = 'hyperfleet'

/** Each brings the tables from one version to the next. */
const MIGRATIONS: readonly string[] = [
  // journal: the id of the journal, one row that never changes.
  // entry: the entries, each with its checksum; that before the first has no body. Bodies are not compressed: they are written and read once.
  // server: where each server is. confirmation: rows to write when a commit has to reach the standbys. beat: the newest sign of the writer.
  `create table ${SCHEMA}.journal (
     one boolean primary key default true check (one),
     id text not null
   );
   create table ${SCHEMA}.entry (
     position bigint primary key,
     checksum bytea not null,
     body bytea,
     stored_at timestamptz not null default clock_timestamp()
   );
   alter table ${SCHEMA}.entry alter column body set storage external;
   create table ${SCHEMA}.server (
     server text primary key,
     address text not null,
     version text not null,
     role text not null,
     position bigint not null,
     heard_at timestamptz not null
   );
   create table ${SCHEMA}.confirmation (server text primary key, number bigint not null);
   create unlogged table ${SCHEMA}.beat (
     one boolean primary key default true check (one),
     beat text not null
   )`,
  // peer_key: the key of the tokens by which servers know each other, one row.
  `create table ${SCHEMA}.peer_key (
     one boolean primary key default true check (one),
     key bytea not null
   )`,
]

export const SCHEMA_VERSION = MIGRATIONS.length

/** A lock of the database, so that servers that start at the same time migrate one after the other. */
const MIGRATION_LOCK = 0x48465243

/** The tables are from a newer version of this program. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError'
}

/** Creates the tables, or brings them up to date. */
export async function migrate(connection: Connection): Promise<void> {
  const version = await versionOf(connection)
  if (version > SCHEMA_VERSION)
    throw new NewerSchemaError(
      `the tables in schema ${SCHEMA} have version ${version}, and this version of the program knows up to ` +
        `${SCHEMA_VERSION}: start the newer version`,
    )
  if (version < SCHEMA_VERSION) await connection.query(`do $migrate$ ${migration()} $migrate$`)
}

/** 0 if there are no tables. */
async function versionOf(connection: Connection): Promise<number> {
  const { rows } = await connection.query(`select to_regclass('${SCHEMA}.version') is not null`)
  if (rows[0]?.[0] !== true) return 0
  const { rows: versions } = await connection.query(`select max(version) from ${SCHEMA}.version`)
  return Number(versions[0]?.[0] ?? 0)
}

/** One statement that does all of it or nothing, whatever another server has done meanwhile. */
function migration(): string {
  const steps = MIGRATIONS.map(
    (sql, index) =>
      `if present < ${index + 1} then ${sql}; insert into ${SCHEMA}.version values (${index + 1}, clock_timestamp()); end if;`,
  )
  // A schema that an operator has made is used as it is: making one needs a right of its own.
  return `declare present int; begin
    perform pg_advisory_xact_lock(${MIGRATION_LOCK});
    if to_regnamespace('${SCHEMA}') is null then create schema ${SCHEMA}; end if;
    create table if not exists ${SCHEMA}.version (version int primary key, migrated_at timestamptz not null);
    select coalesce(max(version), 0) into present from ${SCHEMA}.version;
    ${steps.join('\n')}
  end`
}
