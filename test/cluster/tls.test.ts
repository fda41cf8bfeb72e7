// Servers of a cluster that reach each other by TLS, with certificates of an authority that nobody else knows (contract 14.2).
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { BASE } from '../harness/client.ts'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : (whyNoCertificates ?? false)

describe('servers that speak TLS', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let authority: CertificateAuthority
  let caPath: string
  let one: ClusterServer
  let two: ClusterServer

  before(async () => {
    assert.ok('folder' in programs)
    authority = new CertificateAuthority()
    authority.issue('server')
    cluster = await TestCluster.start(programs.folder)
    caPath = join(cluster.postgres.folder, 'authorities.pem')
    writeFileSync(caPath, authority.trusted)
    const environment = {
      HYPERFLEET_SERVER_TLS_CERT_PATH: authority.certPath,
      HYPERFLEET_SERVER_TLS_KEY_PATH: authority.keyPath,
      HYPERFLEET_CLUSTER_PEER_CA_PATH: caPath,
    }
    one = await cluster.server(environment)
    two = await cluster.server(environment)
    assert.equal((await one.run(['cluster', 'init'])).code, 0)
    await one.start(advertised(one))
    await writing(one)
    await two.start(advertised(two))
  })

  after(async () => {
    await cluster?.remove()
    authority?.remove()
  })

  const tlsOrigin = ({ origin }: ClusterServer) => origin.replace('http:', 'https:')
  const advertised = (server: ClusterServer) => ({ HYPERFLEET_CLUSTER_ADVERTISE_URL: tlsOrigin(server) })

  /** The status of a creation through a server. */
  const create = (server: ClusterServer, name: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' }
      const options = { method: 'POST', headers, ca: authority.trusted, agent: false }
      const sent = request(`${tlsOrigin(server)}${BASE}/clusters`, options, response => {
        response.resume().on('end', () => resolve(response.statusCode))
      })
      sent.on('error', reject)
      sent.end(JSON.stringify({ kind: 'Cluster', name, spec: {} }))
    })

  test('contract 14.2: forward to each other with a private authority', async () => {
    assert.equal(await create(two, 'forwarded'), 201)
    assert.equal((await two.ready()).cluster?.writer, tlsOrigin(one))
  })

  test('contract 14.2: forward to no server that does not prove who it is, and go on with a renewed file', async () => {
    await two.stop()
    const other = new CertificateAuthority()
    writeFileSync(caPath, other.trusted)
    other.remove()
    await two.start(advertised(two))
    assert.equal(await create(two, 'unproven'), 503)
    writeFileSync(caPath, authority.trusted)
    await until('the file is in force', async () => {
      const status = await create(two, 'renewed')
      return status === 503 ? undefined : (assert.equal(status, 201) ?? true)
    })
  })

  test('contract 14.2: a file without a certificate ends the start', async () => {
    await two.stop()
    writeFileSync(caPath, 'none')
    const { code, stdout, stderr } = await two.run(['serve'], advertised(two))
    assert.equal(code, 1)
    assert.match(stdout + stderr, /cluster\.peerCaPath: .*is no PEM file with a certificate/)
  })
})
