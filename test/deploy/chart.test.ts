// The Helm chart as Helm renders it; its file of settings is read by the server's own command.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const CHART = fileURLToPath(new URL('../../../deploy/helm/hyperfleet', import.meta.url))
const KUBERNETES = '1.31.0'
const isThere = spawnSync('helm', ['version']).error === undefined
const skip = !isThere && "helm is not there; 'go install helm.sh/helm/v3/cmd/helm@v3.19.0' makes it"

// biome-ignore lint/suspicious/noExplicitAny: manifests, whose shapes Kubernetes checks
type Manifest = any

describe('the Helm chart', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const helm = (command: string[], values: object, chart = CHART) => {
    const file = join(folder, 'values.json')
    writeFileSync(file, JSON.stringify(values))
    const args = [...command, chart, '--kube-version', KUBERNETES, '--values', file]
    return spawnSync('helm', args, { encoding: 'utf8' })
  }
  const render = (values: object, chart = CHART): Manifest[] => {
    const { status, stdout, stderr } = helm(['template', 'fleet'], values, chart)
    assert.equal(status, 0, stderr)
    return parseAllDocuments(stdout)
      .map(document => document.toJS())
      .filter(manifest => manifest !== null)
  }
  const one = (manifests: Manifest[], kind: string) => {
    const found = manifests.filter(manifest => manifest.kind === kind)
    assert.equal(found.length, 1, kind)
    return found[0]
  }
  const refusal = (values: object) => {
    const { status, stderr } = helm(['template', 'fleet'], values)
    assert.notEqual(status, 0)
    return stderr
  }
  /** What `hyperfleet config` says of the settings that were rendered, by name. */
  const settings = async (manifests: Manifest[]) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, one(manifests, 'ConfigMap').data['config.yaml'])
    const { code, stdout, stderr } = await runCommand(['config', '-o', 'json', '--config', file], {}, folder)
      .ended
    assert.deepEqual([code, stderr], [0, ''])
    const shown: { name: string; value: unknown }[] = JSON.parse(stdout).settings
    return new Map(shown.map(({ name, value }) => [name, value]))
  }

  test('Helm finds no fault in it', () => {
    const { status, stdout } = helm(['lint', '--strict'], {})
    assert.equal(status, 0, stdout)
    assert.doesNotMatch(stdout, /WARNING|ERROR/)
  })

  test('contract 1.4: the settings that it renders are read by the server as they were given', async () => {
    const config = {
      adapters: { required: { cluster: ['dns', 'validator'] } },
      auth: { enabled: true, issuer: '0123', audience: "#: 'x'\n" },
      logging: { readSample: 0.001, level: 'warn' },
      server: { bodyLimitBytes: 67_108_864, corsOrigins: ['*'] },
      storage: { checkpointJournalBytes: 2 ** 52, checkpointMaxAgeMs: 86_400_000 },
    }
    const inForce = await settings(render({ config, tls: { secretName: 'a' }, jwks: { secretName: 'b' } }))
    for (const [section, leaves] of Object.entries(config))
      for (const [leaf, value] of Object.entries(leaves))
        if (leaf !== 'required') assert.deepEqual(inForce.get(`${section}.${leaf}`), value, leaf)
    assert.deepEqual(inForce.get('adapters.required.cluster'), ['dns', 'validator'])
    assert.equal(inForce.get('server.tlsCertPath'), '/run/hyperfleet/tls/tls.crt')
    assert.equal(inForce.get('auth.jwksFile'), '/run/hyperfleet/jwks/jwks.json')
    assert.equal(inForce.get('storage.path'), '/data/fleet')
    assert.equal(inForce.get('server.host'), '0.0.0.0')
  })

  test('contract 1.1: ports and probes are those of the settings', () => {
    const config = { server: { port: 9000 }, health: { port: 9001 }, metrics: { port: 0 } }
    const manifests = render({ config, networkPolicy: { enabled: true } })
    const [server] = one(manifests, 'StatefulSet').spec.template.spec.containers
    assert.deepEqual(server.ports, [
      { name: 'api', containerPort: 9000 },
      { name: 'health', containerPort: 9001 },
    ])
    for (const [probe, path] of [
      ['startupProbe', '/healthz'],
      ['livenessProbe', '/healthz'],
      ['readinessProbe', '/readyz'],
    ] as const)
      assert.deepEqual(server[probe].httpGet, { path, port: 'health' })
    const { ingress } = one(manifests, 'NetworkPolicy').spec
    assert.deepEqual(
      ingress.map(({ ports }: Manifest) => ports[0].port),
      ['api', 'health'],
    )
  })

  test('contract 4.9: the pod is given longer than the stop takes', () => {
    const grace = (values: object) =>
      one(render(values), 'StatefulSet').spec.template.spec.terminationGracePeriodSeconds
    assert.equal(grace({}), 35)
    assert.equal(grace({ config: { server: { shutdownDelayMs: 0, shutdownDeadlineMs: 90_500 } } }), 101)
    assert.equal(grace({ terminationGracePeriodSeconds: 300 }), 300)
  })

  test('there is one replica on one volume, without privileges and with a root file system that is only read', () => {
    const { spec } = one(render({}), 'StatefulSet')
    assert.equal(spec.replicas, 1)
    assert.deepEqual(spec.volumeClaimTemplates[0].spec.accessModes, ['ReadWriteOnce'])
    const pod = spec.template.spec
    const [server] = pod.containers
    assert.equal(pod.securityContext.runAsNonRoot, true)
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' })
    assert.deepEqual(server.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    assert.deepEqual([pod.automountServiceAccountToken, pod.enableServiceLinks], [false, false])
    const mounted = server.volumeMounts.map(({ name }: Manifest) => name)
    const there = [...pod.volumes, { name: spec.volumeClaimTemplates[0].metadata.name }].map(
      ({ name }) => name,
    )
    assert.deepEqual(mounted.toSorted(), there.toSorted())
  })

  test('the data may be in a claim of its own making, in one that is there, or nowhere', () => {
    const volume = (persistence: object) => {
      const { spec } = one(render({ persistence }), 'StatefulSet')
      assert.equal(spec.volumeClaimTemplates, undefined)
      return spec.template.spec.volumes.find(({ name }: Manifest) => name === 'data')
    }
    assert.deepEqual(volume({ existingClaim: 'mine' }), {
      name: 'data',
      persistentVolumeClaim: { claimName: 'mine' },
    })
    assert.deepEqual(volume({ enabled: false }), { name: 'data', emptyDir: {} })
  })

  test('everything that can be switched on is rendered, and in the right place', () => {
    const manifests = render({
      ingress: { enabled: true, hosts: [{ host: 'fleet.example' }] },
      networkPolicy: { enabled: true, egress: [], metricsFrom: [{ podSelector: {} }] },
      podMonitor: { enabled: true },
      prometheusRule: { enabled: true },
    })
    const policy = one(manifests, 'NetworkPolicy').spec
    assert.deepEqual(policy.policyTypes, ['Ingress', 'Egress'])
    assert.equal(policy.egress, undefined)
    assert.deepEqual(policy.ingress[2].from, [{ podSelector: {} }])
    assert.equal(one(manifests, 'Ingress').spec.rules[0].http.paths[0].path, '/')
    const { spec } = one(manifests, 'PodMonitor')
    assert.equal(spec.podMetricsEndpoints[0].relabelings[0].replacement, 'hyperfleet-api')
    assert.ok(one(manifests, 'PrometheusRule').spec.groups.length > 2)
    const { labels } = one(manifests, 'StatefulSet').spec.template.metadata
    for (const [name, value] of Object.entries(spec.selector.matchLabels)) assert.equal(labels[name], value)
  })

  test('the test of a release asks the health port of the pod by a command of the server', async () => {
    const [container] = one(render({}), 'Pod').spec.containers
    assert.deepEqual(container.args.slice(0, 2), ['health', '--ready'])
    const { code, stderr } = await runCommand(container.args, {}, folder).ended
    assert.equal(code, 1)
    assert.match(stderr, /no server answers at http:\/\/fleet-hyperfleet-headless:8080/)
  })

  test('what cannot be is refused in words', () => {
    assert.match(refusal({ replicaCount: 2 }), /replicaCount/)
    assert.match(refusal({ config: { server: { prot: 1 } } }), /prot/)
    assert.match(
      refusal({ config: { storage: { path: '/x' } } }),
      /config\.storage\.path: the chart decides it/,
    )
    assert.match(refusal({ config: { health: { port: 0 } } }), /config\.health\.port: the pod needs one/)
    const unseen = { config: { metrics: { port: 0 } }, podMonitor: { enabled: true } }
    assert.match(refusal(unseen), /nothing to scrape/)
  })

  test('its notes say where the API is, and what is open', () => {
    // Helm shows notes only of what it installs: here they are a manifest of a copy of the chart.
    const copy = join(folder, 'chart')
    cpSync(CHART, copy, { recursive: true, dereference: true })
    cpSync(join(CHART, 'templates/NOTES.txt'), join(copy, 'files/notes.txt'))
    const manifest = 'kind: Notes\ntext: {{ tpl (.Files.Get "files/notes.txt") . | toJson }}\n'
    writeFileSync(join(copy, 'templates/notes.yaml'), manifest)
    const notes = (values: object): string => one(render(values, copy), 'Notes').text
    assert.match(notes({}), /^ {2}http:\/\/fleet-hyperfleet\.default:8000\/api\/hyperfleet\/v1$/m)
    assert.match(notes({}), /config\.auth\.enabled is false/)
    const closed = { config: { auth: { enabled: true } }, tls: { secretName: 'a' } }
    assert.match(notes(closed), /^ {2}https:/m)
    assert.doesNotMatch(notes(closed), /is false/)
    assert.match(notes({ persistence: { enabled: false } }), /lost with the pod/)
  })
})
