// The Helm chart as rendered by Helm. The server's own command reads its settings file.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { TestClient } from '../harness/client.ts'
import { runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer } from '../harness/server.ts'

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
  /** The rendered settings by name, as `hyperfleet config` reads them. */
  const settings = async (manifests: Manifest[]) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, one(manifests, 'ConfigMap').data['config.yaml'])
    const { code, stdout, stderr } = await runCommand(['config', '-o', 'json', '--config', file], {}, folder)
      .ended
    assert.deepEqual([code, stderr], [0, ''])
    const shown: { name: string; value: unknown }[] = JSON.parse(stdout).settings
    return new Map(shown.map(({ name, value }) => [name, value]))
  }

  test('Helm lint passes', () => {
    const { status, stdout } = helm(['lint', '--strict'], {})
    assert.equal(status, 0, stdout)
    assert.doesNotMatch(stdout, /WARNING|ERROR/)
  })

  test('contract 1.4: the server reads the rendered settings as given', async () => {
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

  test('every optional part is rendered, and in the right place', () => {
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

  test('the test of a release asks the health port of the pod with a command of the server', async () => {
    const [container] = one(render({}), 'Pod').spec.containers
    assert.deepEqual(container.args.slice(0, 2), ['health', '--ready'])
    const { code, stderr } = await runCommand(container.args, {}, folder).ended
    assert.equal(code, 1)
    assert.match(stderr, /no server answers at http:\/\/fleet-hyperfleet-headless:8080/)
  })

  test('impossible values are refused with a message', () => {
    assert.match(refusal({ replicaCount: 0 }), /replicaCount/)
    assert.match(refusal({ config: { server: { prot: 1 } } }), /prot/)
    assert.match(refusal({ config: { storage: { path: '/x' } } }), /config\.storage\.path: set by the chart/)
    assert.match(refusal({ config: { health: { port: 0 } } }), /config\.health\.port: must not be 0/)
    const unseen = { config: { metrics: { port: 0 } }, podMonitor: { enabled: true } }
    assert.match(refusal(unseen), /nothing to scrape/)
  })

  test('settings that the server would refuse are refused when the chart is rendered', () => {
    const auth = { enabled: true }
    for (const [values, expected] of [
      [{ config: { auth } }, /config\.auth\.enabled: no keys for tokens/],
      [
        { config: { auth: { ...auth, jwksUrl: 'https://k' } }, jwks: { secretName: 'a' } },
        /set only one of them/,
      ],
      [{ config: { auth: { ...auth, jwksUrl: 'keys.example' } } }, /config\.auth\.jwksUrl: must be an http/],
      [{ config: { auth: { ...auth, jwksUrl: 'https://u:p@k' } } }, /without a user and a password/],
      [{ jwks: { secretName: 'a' } }, /jwks\.secretName: config\.auth\.enabled is false/],
      [{ config: { server: { engine: 'uws' } }, tls: { secretName: 'a' } }, /uws does not support TLS/],
      [{ config: { server: { tlsCertPath: '/c' } } }, /config\.server\.tlsCertPath: set by the chart/],
      [{ config: { health: { port: 8000 } } }, /must differ/],
      [{ config: { metrics: { port: 8080 } } }, /must differ/],
      [
        { config: { server: { corsOrigins: ['https://a.example/'] } } },
        /'https:\/\/a\.example\/' is not an origin/,
      ],
      [{ config: { limits: { trustedProxies: ['10.0.0.0/33'] } } }, /'10\.0\.0\.0\/33' is not an address/],
      [{ config: { tracing: { enabled: true, endpoint: 'otel:4318' } } }, /config\.tracing\.endpoint/],
      [
        { config: { server: { openapiSchemaPath: '/schemas/a.yaml' } } },
        /nothing is mounted at \/schemas\/a\.yaml/,
      ],
      [
        { extraEnv: [{ name: 'HYPERFLEET_SERVER_PORT', value: '1' }] },
        /extraEnv: HYPERFLEET_SERVER_PORT would override/,
      ],
    ] as const)
      assert.match(refusal(values), expected, JSON.stringify(values))
    const proxies = {
      limits: { trustedProxies: ['10.0.0.0/8', '::1', 'fd00::/8'] },
      server: { corsOrigins: ['*'] },
    }
    const jwksUrl = { name: 'HYPERFLEET_AUTH_JWKS_URL', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }
    render({ config: { ...proxies, auth }, extraEnv: [jwksUrl] })
  })

  test('parts that would not work are refused with a message', () => {
    for (const [values, expected] of [
      [{ ingress: { enabled: true } }, /ingress\.enabled: ingress\.hosts is empty/],
      [{ podMonitor: { enabled: true }, serviceMonitor: { enabled: true } }, /scrape everything twice/],
      [{ persistence: { enabled: false, existingClaim: 'a' } }, /the claim would not be used/],
      [{ backup: { enabled: true } }, /backup\.existingClaim must name/],
      [
        { backup: { enabled: true, existingClaim: 'a' }, persistence: { enabled: false } },
        /persistence\.enabled is false/,
      ],
      [
        { backup: { enabled: true, existingClaim: 'a' }, persistence: { accessModes: ['ReadWriteOncePod'] } },
        /ReadWriteOncePod, which excludes the backup's pod/,
      ],
      [{ backup: { enabled: true, existingClaim: 'a', schedule: 'nightly' } }, /schedule/],
      [{ prometheusRule: { enabled: true, runbookUrl: 'docs/guide/runbook.md' } }, /runbookUrl/],
    ] as const)
      assert.match(refusal(values), expected, JSON.stringify(values))
  })

  test('a null instead of a value is refused with a message, or renders what can be read', () => {
    assert.match(refusal({ config: null }), /config: null removes all settings/)
    assert.match(refusal({ config: { server: null } }), /config\.server: null leaves/)
    assert.match(refusal({ config: { metrics: { port: null } } }), /config\.metrics\.port: null leaves/)
    const own = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))
    for (const name of Object.keys(own)) {
      const { status, stdout, stderr } = helm(['template', 'fleet'], { [name]: null })
      assert.notEqual(status, 0, `${name}: ${stdout}`)
      assert.match(stderr, new RegExp(`(missing property|got null|null leaves).*|${name}`), name)
      assert.ok(stderr.includes(name) && !stderr.includes('nil pointer'), `${name}: ${stderr}`)
    }
    for (const section of ['image', 'persistence', 'ingress', 'backup', 'dashboard', 'tls'])
      for (const name of Object.keys(own[section])) {
        const { stderr } = helm(['template', 'fleet'], { [section]: { [name]: null } })
        assert.ok(stderr.includes(name), `${section}.${name}: ${stderr}`)
      }
  })

  test('a pod that does not become ready is replaced by the next rollout', () => {
    assert.equal(one(render({}), 'StatefulSet').spec.podManagementPolicy, 'Parallel')
  })

  test('extra volumes and variables reach the container', () => {
    const { spec } = one(
      render({
        config: { server: { openapiSchemaPath: '/schemas/openapi.yaml' } },
        extraVolumes: [{ name: 'schemas', configMap: { name: 'schemas' } }],
        extraVolumeMounts: [{ name: 'schemas', mountPath: '/schemas', readOnly: true }],
        extraEnv: [{ name: 'OTEL_SERVICE_NAME', value: 'fleet' }],
      }),
      'StatefulSet',
    ).spec.template
    const [server] = spec.containers
    assert.ok(spec.volumes.some(({ name }: Manifest) => name === 'schemas'))
    assert.ok(server.volumeMounts.some(({ mountPath }: Manifest) => mountPath === '/schemas'))
    assert.ok(server.env.some(({ name }: Manifest) => name === 'OTEL_SERVICE_NAME'))
  })

  test('a ServiceMonitor finds the metrics port of one Service, under the name of the job', () => {
    const manifests = render({ serviceMonitor: { enabled: true, labels: { release: 'prometheus' } } })
    const { spec, metadata } = one(manifests, 'ServiceMonitor')
    assert.equal(metadata.labels.release, 'prometheus')
    assert.equal(spec.endpoints[0].relabelings[0].replacement, 'hyperfleet-api')
    const found = manifests.filter(
      ({ kind, metadata: { labels } }: Manifest) =>
        kind === 'Service' &&
        Object.entries(spec.selector.matchLabels).every(([name, value]) => labels[name] === value),
    )
    assert.equal(found.length, 1)
    assert.ok(found[0].spec.ports.some(({ name }: Manifest) => name === spec.endpoints[0].port))
  })

  test('the dashboard is in a ConfigMap that the sidecar of Grafana finds', () => {
    const manifests = render({ dashboard: { enabled: true, annotations: { grafana_folder: 'Fleet' } } })
    const dashboard = manifests.find(({ metadata }: Manifest) => metadata.name.endsWith('-dashboard'))
    assert.equal(dashboard.metadata.labels.grafana_dashboard, '1')
    assert.equal(dashboard.metadata.annotations.grafana_folder, 'Fleet')
    assert.equal(JSON.parse(dashboard.data['hyperfleet.json']).uid, 'hyperfleet-api')
  })

  test('every alert leads to a full URL, that of a value', () => {
    for (const [prometheusRule, page] of [
      [{ enabled: true }, 'https://api.hyperfleet.io/docs/guide/runbook.md'],
      [{ enabled: true, runbookUrl: 'https://wiki.example/fleet' }, 'https://wiki.example/fleet'],
    ] as const) {
      const rules = one(render({ prometheusRule }), 'PrometheusRule').spec.groups.flatMap(
        (group: Manifest) => group.rules,
      )
      for (const { alert, annotations } of rules)
        assert.ok(annotations.runbook_url.startsWith(`${page}#`), alert)
    }
  })

  test('a backup runs on the node of the server, mounts its volume, and is nobody that a Service finds', () => {
    const manifests = render({ backup: { enabled: true, existingClaim: 'vault', keepDays: 3 } })
    const { spec } = one(manifests, 'CronJob').spec.jobTemplate.spec.template
    const { labels } = one(manifests, 'CronJob').spec.jobTemplate.spec.template.metadata
    const set = one(manifests, 'StatefulSet')
    const [near] = spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution
    assert.equal(near.topologyKey, 'kubernetes.io/hostname')
    assert.deepEqual(near.labelSelector.matchLabels, set.spec.selector.matchLabels)
    assert.ok(
      Object.entries(set.spec.selector.matchLabels).some(([name, value]) => labels[name] !== value),
      'the pod of a backup is not the server',
    )
    const claims = new Map(
      spec.volumes.map(({ name, persistentVolumeClaim }: Manifest) => [
        name,
        persistentVolumeClaim?.claimName,
      ]),
    )
    // The name that a StatefulSet gives to the claim of its first pod.
    assert.equal(claims.get('data'), `data-${set.metadata.name}-0`)
    assert.equal(claims.get('backups'), 'vault')
    const script: string = spec.containers[0].command[2]
    assert.match(script, /-mtime \+3 /)
    const shell = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
    assert.deepEqual([shell.status, shell.stderr], [0, ''])
    const own = render({
      backup: { enabled: true, existingClaim: 'vault' },
      persistence: { existingClaim: 'mine' },
    })
    const volumes = one(own, 'CronJob').spec.jobTemplate.spec.template.spec.volumes
    assert.equal(volumes[0].persistentVolumeClaim.claimName, 'mine')
  })

  test('the script of a backup copies a running server, keeps what is new, and removes what is old', async () => {
    const script: string = one(render({ backup: { enabled: true, existingClaim: 'vault' } }), 'CronJob').spec
      .jobTemplate.spec.template.spec.containers[0].command[2]
    const server = await startTestServer({ engine: 'node' })
    try {
      const client = new TestClient(server.origin)
      await client.cluster('kept')
      client.close()
      const backups = join(folder, 'backups')
      const bin = join(folder, 'bin')
      mkdirSync(join(backups, '2020-01-01T00-00-00Z'), { recursive: true })
      mkdirSync(bin)
      const command = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
      writeFileSync(join(bin, 'hyperfleet'), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`, {
        mode: 0o755,
      })
      utimesSync(join(backups, '2020-01-01T00-00-00Z'), new Date(0), new Date(0))
      const here = script.replaceAll('/backups', backups).replaceAll('/data/fleet', server.folder)
      const child = spawn('sh', ['-euc', here], {
        env: { PATH: `${bin}:${process.env.PATH}` },
        stdio: 'pipe',
      })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', piece => (said += piece))
      const [code] = await once(child, 'exit')
      assert.equal(code, 0, said)
      assert.match(said, /from the running server/)
      const left = readdirSync(backups)
      assert.equal(left.length, 1, `${left}`)
      assert.match(left[0] ?? '', /^20\d\d-\d\d-\d\dT\d\d-\d\d-\d\dZ$/)
    } finally {
      await server.stop()
    }
  })

  const CLUSTERED = {
    replicaCount: 3,
    config: { cluster: { engine: 'postgres', url: 'postgres://hyperfleet@db:5432/fleet', reads: 'any' } },
    database: { passwordSecret: { name: 'password' }, tlsSecret: { name: 'authorities' } },
  }

  test('contract 14.1: several servers have a volume and an address each, and the secrets of the database', async () => {
    const manifests = render(CLUSTERED)
    const { spec } = one(manifests, 'StatefulSet')
    assert.equal(spec.replicas, 3)
    assert.equal(spec.volumeClaimTemplates.length, 1)
    const { containers, volumes, initContainers } = spec.template.spec
    assert.equal(initContainers, undefined)
    const headless = manifests.find(({ metadata }: Manifest) => metadata.name === spec.serviceName)
    assert.deepEqual([headless.spec.clusterIP, headless.spec.publishNotReadyAddresses], ['None', true])
    const address = containers[0].env.findIndex(
      ({ name }: Manifest) => name === 'HYPERFLEET_CLUSTER_ADVERTISE_URL',
    )
    assert.equal(
      containers[0].env[address].value,
      `http://$(POD_NAME).${spec.serviceName}.default.svc:${headless.spec.ports[0].port}`,
    )
    // A variable can name only those before it.
    assert.ok(containers[0].env.findIndex(({ name }: Manifest) => name === 'POD_NAME') < address)
    const inForce = await settings(manifests)
    assert.equal(inForce.get('cluster.engine'), 'postgres')
    for (const [setting, volume, secret] of [
      ['cluster.passwordPath', 'database-password', 'password'],
      ['cluster.tlsCaPath', 'database-tls', 'authorities'],
    ] as const) {
      assert.match(String(inForce.get(setting)), new RegExp(`^/run/hyperfleet/${volume}/`))
      assert.equal(volumes.find(({ name }: Manifest) => name === volume).secret.secretName, secret)
      const mount = containers[0].volumeMounts.find(({ name }: Manifest) => name === volume)
      assert.equal(mount.mountPath, `/run/hyperfleet/${volume}`)
    }
    // A folder may be replaced by an empty one, which takes the fleet from the cluster.
    assert.equal(inForce.get('storage.mustExistFile'), '')
  })

  test('contract 14.1: several servers are on different nodes, and a drain takes one at a time', () => {
    const pod = (values: object) => one(render({ ...CLUSTERED, ...values }), 'StatefulSet').spec.template.spec
    const selector = { 'app.kubernetes.io/name': 'hyperfleet', 'app.kubernetes.io/instance': 'fleet' }
    const [preferred] = pod({}).affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution
    assert.deepEqual(preferred.podAffinityTerm.labelSelector.matchLabels, selector)
    assert.equal(pod({}).topologySpreadConstraints[0].whenUnsatisfiable, 'ScheduleAnyway')
    const [required] = pod({ antiAffinity: 'required' }).affinity.podAntiAffinity
      .requiredDuringSchedulingIgnoredDuringExecution
    assert.equal(required.topologyKey, 'kubernetes.io/hostname')
    assert.equal(pod({ antiAffinity: 'none' }).affinity, undefined)
    const affinity = { podAntiAffinity: { own: [] }, nodeAffinity: { own: [] } }
    assert.deepEqual(pod({ affinity }).affinity, affinity)
    assert.deepEqual(pod({ topologySpreadConstraints: [{ maxSkew: 2 }] }).topologySpreadConstraints, [
      { maxSkew: 2 },
    ])
    const { spec } = one(render(CLUSTERED), 'PodDisruptionBudget')
    assert.deepEqual([spec.maxUnavailable, spec.selector.matchLabels], [1, selector])
    assert.ok(!render({}).some(({ kind }: Manifest) => kind === 'PodDisruptionBudget'))
    assert.equal(one(render({}), 'StatefulSet').spec.template.spec.affinity, undefined)
  })

  test('contract 14.1: servers may reach each other, whatever the network policy narrows', () => {
    const networkPolicy = { enabled: true, apiFrom: [{ namespaceSelector: {} }], egress: [{ to: [] }] }
    const { ingress, egress } = one(render({ ...CLUSTERED, networkPolicy }), 'NetworkPolicy').spec
    const { podSelector } = one(render({ ...CLUSTERED, networkPolicy }), 'NetworkPolicy').spec
    assert.deepEqual(ingress[0].from[1].podSelector, podSelector)
    assert.deepEqual(egress[1], { ports: [{ port: 'api' }], to: [{ podSelector }] })
  })

  test('contract 14.1: the first server begins the journal once, and the others wait for it', () => {
    const database = { ...CLUSTERED.database, init: true, urlSecret: { name: 'url', key: 'u' } }
    const config = { cluster: { engine: 'postgres' } }
    const pod = one(render({ ...CLUSTERED, config, database }), 'StatefulSet').spec.template.spec
    const [begin] = pod.initContainers
    const [server] = pod.containers
    assert.deepEqual([begin.env, begin.volumeMounts], [server.env, server.volumeMounts])
    const url = server.env.find(({ name }: Manifest) => name === 'HYPERFLEET_CLUSTER_URL')
    assert.deepEqual(url.valueFrom.secretKeyRef, { name: 'url', key: 'u' })
    const bin = join(folder, 'init')
    mkdirSync(bin)
    const said = join(folder, 'said')
    // A journal is there once it has begun, or after the second look.
    writeFileSync(
      join(bin, 'hyperfleet'),
      `#!/bin/sh\necho "$*" >> ${said}\n[ "$2" = init ] || [ "$(grep -c . ${said})" -gt 2 ]\n`,
      { mode: 0o755 },
    )
    writeFileSync(join(bin, 'sleep'), '#!/bin/sh\n', { mode: 0o755 })
    for (const [name, calls] of [
      ['fleet-hyperfleet-0', ['cluster status', 'cluster init', 'cluster status']],
      ['fleet-hyperfleet-10', ['cluster status', 'cluster status', 'cluster status']],
    ] as const) {
      const env = { PATH: `${bin}:${process.env.PATH}`, POD_NAME: name }
      const { status, stderr } = spawnSync('sh', ['-euc', begin.command[2]], { env, encoding: 'utf8' })
      assert.deepEqual([status, stderr], [0, ''])
      assert.deepEqual(readFileSync(said, 'utf8').trim().split('\n'), calls)
      rmSync(said)
    }
  })

  test('contract 14.1: several servers without what they need are refused with a message', () => {
    const cluster = (more: object) => ({ ...CLUSTERED, ...more })
    for (const [values, expected] of [
      [{ replicaCount: 2 }, /config.cluster.engine.* "?'?postgres/],
      [cluster({ config: { cluster: { engine: 'postgres' } } }), /no database; set config\.cluster\.url/],
      [
        cluster({ config: { cluster: { engine: 'postgres', url: 'postgres://u:p@db/fleet' } } }),
        /the password belongs in the Secret/,
      ],
      [cluster({ config: { cluster: { engine: 'postgres', url: 'db:5432' } } }), /must be such as postgres/],
      [cluster({ database: { urlSecret: { name: 'a' } } }), /set only one of them/],
      [cluster({ database: { tlsSecret: { name: 'a', certKey: 'tls.crt' } } }), /required together/],
      [cluster({ persistence: { enabled: false } }), /each server needs a volume/],
      [cluster({ persistence: { existingClaim: 'a' } }), /one claim is not enough/],
      [
        cluster({ config: { ...CLUSTERED.config, storage: { mustExist: true } } }),
        /takes the fleet from the others/,
      ],
      [{ database: { init: true } }, /there is no journal to begin/],
      [{ database: { passwordSecret: { name: 'a' } } }, /the database would not be used/],
      [{ config: { cluster: { advertiseUrl: 'http://a' } } }, /advertiseUrl: set by the chart/],
    ] as const)
      assert.match(refusal(values), expected, JSON.stringify(values))
    const { status, stderr } = helm(['template', 'fleet', '--skip-schema-validation'], { replicaCount: 2 })
    assert.notEqual(status, 0)
    assert.match(stderr, /replicaCount: several servers need a journal that they share/)
  })

  test('a backup of several servers is that of the first, on its node', () => {
    const { affinity } = one(
      render({ ...CLUSTERED, backup: { enabled: true, existingClaim: 'vault' } }),
      'CronJob',
    ).spec.jobTemplate.spec.template.spec
    const [near] = affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution
    assert.equal(near.labelSelector.matchLabels['statefulset.kubernetes.io/pod-name'], 'fleet-hyperfleet-0')
  })

  test('its notes say where the API is, and what is open', () => {
    // Helm prints notes only on installation. A copy of the chart renders them as a manifest.
    const copy = join(folder, 'chart')
    cpSync(CHART, copy, { recursive: true, dereference: true })
    cpSync(join(CHART, 'templates/NOTES.txt'), join(copy, 'files/notes.txt'))
    const manifest = 'kind: Notes\ntext: {{ tpl (.Files.Get "files/notes.txt") . | toJson }}\n'
    writeFileSync(join(copy, 'templates/notes.yaml'), manifest)
    const notes = (values: object): string => one(render(values, copy), 'Notes').text
    assert.match(notes({}), /^ {2}http:\/\/fleet-hyperfleet\.default:8000\/api\/hyperfleet\/v1$/m)
    assert.match(notes({}), /config\.auth\.enabled is false/)
    const closed = {
      config: { auth: { enabled: true } },
      tls: { secretName: 'a' },
      jwks: { secretName: 'b' },
    }
    assert.match(notes(closed), /^ {2}https:/m)
    assert.doesNotMatch(notes(closed), /is false/)
    assert.match(notes({ persistence: { enabled: false } }), /lost with the pod/)
    assert.match(notes(CLUSTERED), /hyperfleet cluster status/)
    assert.match(notes({ ...CLUSTERED, replicaCount: 1 }), /no other server takes over/)
    assert.match(notes({ ...CLUSTERED, database: { init: true } }), /--set database\.init=false/)
  })
})
