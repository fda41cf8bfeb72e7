// Histories under one list of required adapters, with the expected conditions, worked out by hand from the contract.
import {
  ACCESSIBLE,
  allReady,
  availableSince120,
  both,
  condition,
  dnsAt110,
  initialAvailable,
  initialReady,
  NOT_YET,
  none,
  onlyDns,
  READY,
  type Scenario,
  unavailable,
  under,
  validatorAt120,
  waiting,
} from './conditions-notation.ts'

export const beforeAnyReport: readonly Scenario[] = [
  {
    name: 'a new resource awaits its adapters at generation 0',
    rules: '6.2',
    events: [],
    conditions: [initialAvailable, initialReady],
  },
  {
    name: 'a spec change before any report moves only the last_updated_time of Ready',
    rules: '6.2',
    events: [both.spec(150), both.spec(160)],
    conditions: [initialAvailable, condition('Ready', 'False', NOT_YET, 0, [100, 160, 100])],
  },
  {
    name: 'a first Unknown report is stored and changes no condition',
    rules: '5.6',
    events: [both.report('dns', 1, 110, 'Unknown')],
    conditions: [initialAvailable, initialReady],
  },
  {
    name: 'a report of an adapter that is not required gets its condition and does not count',
    rules: '6.2, 6.3',
    events: [
      onlyDns.report('extra', 1, 110, 'False'),
      onlyDns.spec(150),
      onlyDns.report('extra', 2, 160, 'True'),
    ],
    conditions: [
      initialAvailable,
      condition('Ready', 'False', NOT_YET, 0, [100, 150, 100]),
      condition('ExtraSuccessful', 'True', {}, 2, [110, 160, 160]),
    ],
  },
  {
    name: 'with no adapters required, a resource without True or False is not ready',
    rules: '6.1, 6.2',
    events: [none.report('dns', 1, 110, 'Unknown'), none.spec(150)],
    conditions: [initialAvailable, condition('Ready', 'False', NOT_YET, 0, [100, 150, 100])],
  },
]

export const oneGeneration: readonly Scenario[] = [
  {
    name: 'one of two required adapters reports True: both conditions wait for the other',
    rules: '6.4, 6.5, 6.6, 6.9',
    events: [both.report('dns', 1, 110, 'True')],
    conditions: [
      condition('Available', 'False', waiting('1: validator'), 1, [100, 100, 100]),
      condition('Ready', 'False', waiting('1: validator'), 1, [100, 110, 100]),
      dnsAt110,
    ],
  },
  {
    name: 'one of two required adapters reports False: it is named, the missing one is not',
    rules: '6.5, 6.6, 6.9',
    events: [both.report('dns', 1, 110, 'False', { reason: 'NoZone', message: 'zone is gone' })],
    conditions: [
      condition('Available', 'False', unavailable('dns (NoZone)'), 1, [100, 110, 100]),
      condition('Ready', 'False', unavailable('dns (NoZone)'), 1, [100, 110, 100]),
      condition('DnsSuccessful', 'False', { reason: 'NoZone', message: 'zone is gone' }, 1, [110, 110, 110]),
    ],
  },
  {
    name: 'all required adapters report True: ready and available, with the time of the oldest report',
    rules: '6.4, 6.5, 6.6, 6.7, 6.9',
    events: allReady,
    conditions: [
      availableSince120,
      condition('Ready', 'True', READY, 1, [100, 110, 120]),
      dnsAt110,
      validatorAt120,
    ],
  },
  {
    name: 'a nodepool has its own message',
    rules: '6.9',
    resourceKind: 'NodePool',
    events: [onlyDns.report('dns', 1, 110, 'True')],
    conditions: [
      condition(
        'Available',
        'True',
        { reason: 'ResourceAvailable', message: 'NodePool is accessible' },
        1,
        [100, 110, 110],
      ),
      condition('Ready', 'True', READY, 1, [100, 110, 110]),
      dnsAt110,
    ],
  },
  {
    name: 'heartbeats move last_updated_time to the oldest report, and no transition time',
    rules: '6.6, 6.7, 6.10',
    events: [...allReady, both.report('dns', 1, 150, 'True'), both.report('validator', 1, 160, 'True')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 150, 120]),
      condition('Ready', 'True', READY, 1, [100, 150, 120]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 150, 110]),
      condition('ValidatorSuccessful', 'True', {}, 1, [120, 160, 120]),
    ],
  },
  {
    name: 'a False has the time of the oldest False report; names are sorted, with reasons in brackets if given',
    rules: '6.6, 6.9',
    events: [
      under('zeta', 'dns', 'b', 'a1').report('dns', 1, 130, 'False', { reason: 'NoZone' }),
      under('zeta', 'dns', 'b', 'a1').report('zeta', 1, 120, 'False'),
      under('zeta', 'dns', 'b', 'a1').report('b', 1, 110, 'True'),
      under('zeta', 'dns', 'b', 'a1').report('a1', 1, 140, 'False', { message: 'only words' }),
    ],
    conditions: [
      condition('Available', 'False', unavailable('a1, dns (NoZone), zeta'), 1, [100, 120, 100]),
      condition('Ready', 'False', unavailable('a1, dns (NoZone), zeta'), 1, [100, 120, 100]),
      condition('DnsSuccessful', 'False', { reason: 'NoZone' }, 1, [130, 130, 130]),
      condition('ZetaSuccessful', 'False', {}, 1, [120, 120, 120]),
      condition('BSuccessful', 'True', {}, 1, [110, 110, 110]),
      condition('A1Successful', 'False', { message: 'only words' }, 1, [140, 140, 140]),
    ],
  },
  {
    name: 'an adapter condition has its transition at its last change of status, and drops members that are no longer reported',
    rules: '6.10',
    events: [
      onlyDns.report('dns', 1, 110, 'Unknown'),
      onlyDns.report('dns', 1, 120, 'True', { reason: 'Fine', message: 'ok' }),
      onlyDns.report('dns', 1, 130, 'False', { reason: 'Broken' }),
      onlyDns.report('dns', 1, 140, 'False'),
    ],
    conditions: [
      condition('Available', 'False', unavailable('dns'), 1, [100, 140, 130]),
      condition('Ready', 'False', unavailable('dns'), 1, [100, 140, 130]),
      condition('DnsSuccessful', 'False', {}, 1, [110, 140, 130]),
    ],
  },
  {
    name: 'adapter conditions are in the order of their first True or False',
    rules: '5.6, 6.10',
    events: [
      none.report('gcp-provisioner', 1, 110, 'Unknown'),
      none.report('dns', 1, 120, 'True'),
      none.report('gcp-provisioner', 1, 130, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 120, 120]),
      condition('Ready', 'True', READY, 1, [100, 120, 120]),
      condition('DnsSuccessful', 'True', {}, 1, [120, 120, 120]),
      condition('GcpProvisionerSuccessful', 'True', {}, 1, [110, 130, 130]),
    ],
  },
]

export const severalGenerations: readonly Scenario[] = [
  {
    name: 'a spec change makes Ready False at once, and leaves its generation and Available',
    rules: '6.4, 6.6, 6.7, 6.8',
    events: [...allReady, both.spec(200)],
    conditions: [
      availableSince120,
      condition('Ready', 'False', waiting('2: dns, validator'), 1, [100, 200, 200]),
      dnsAt110,
      validatorAt120,
    ],
  },
  {
    name: 'a spec change while waiting keeps the transition of Ready and the message of Available',
    rules: '6.7, 6.8',
    events: [both.report('dns', 1, 110, 'True'), both.spec(200)],
    conditions: [
      condition('Available', 'False', waiting('1: validator'), 1, [100, 100, 100]),
      condition('Ready', 'False', waiting('2: dns, validator'), 1, [100, 200, 100]),
      dnsAt110,
    ],
  },
  {
    name: 'mixed generations keep Available True at the old one with its old time',
    rules: '6.5, 6.6',
    events: [...allReady, both.spec(200), both.report('dns', 2, 210, 'True')],
    conditions: [
      availableSince120,
      condition('Ready', 'False', waiting('2: validator'), 2, [100, 210, 200]),
      condition('DnsSuccessful', 'True', {}, 2, [110, 210, 110]),
      validatorAt120,
    ],
  },
  {
    name: 'the last adapter at the new generation makes Ready flip at its own time, regardless of the order of times',
    rules: '6.5, 6.6, 6.7',
    events: [
      ...allReady,
      both.spec(200),
      both.report('dns', 2, 210, 'True'),
      both.report('validator', 2, 205, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 2, [100, 205, 120]),
      condition('Ready', 'True', READY, 2, [100, 205, 205]),
      condition('DnsSuccessful', 'True', {}, 2, [110, 210, 110]),
      condition('ValidatorSuccessful', 'True', {}, 2, [120, 205, 120]),
    ],
  },
  {
    name: 'with Available True at generation 1, a False for generation 1 makes it False',
    rules: '6.5, 6.6, 6.7',
    events: [
      ...allReady,
      both.spec(200),
      both.report('validator', 2, 210, 'True'),
      both.report('dns', 1, 220, 'False', { reason: 'Broken' }),
    ],
    conditions: [
      condition('Available', 'False', unavailable('dns (Broken)'), 1, [100, 220, 220]),
      condition('Ready', 'False', waiting('2: dns'), 2, [100, 210, 200]),
      condition('DnsSuccessful', 'False', { reason: 'Broken' }, 1, [110, 220, 220]),
      condition('ValidatorSuccessful', 'True', {}, 2, [120, 210, 120]),
    ],
  },
  {
    name: 'Available False moves to the greatest generation with the next report and keeps its time',
    rules: '6.5, 6.6, 6.9',
    events: [
      ...allReady,
      both.spec(200),
      both.report('validator', 2, 210, 'True'),
      both.report('dns', 1, 220, 'False'),
      both.report('validator', 2, 230, 'True'),
    ],
    conditions: [
      condition('Available', 'False', waiting('2: dns'), 2, [100, 220, 220]),
      condition('Ready', 'False', waiting('2: dns'), 2, [100, 230, 200]),
      condition('DnsSuccessful', 'False', {}, 1, [110, 220, 220]),
      condition('ValidatorSuccessful', 'True', {}, 2, [120, 230, 120]),
    ],
  },
  {
    name: 'with Available True at generation 1, a False for generation 2 leaves it True',
    rules: '6.5, 6.6, 6.9',
    events: [...allReady, both.spec(200), both.report('dns', 2, 210, 'False', { reason: 'Rolling' })],
    conditions: [
      availableSince120,
      condition('Ready', 'False', unavailable('dns (Rolling)'), 2, [100, 210, 200]),
      condition('DnsSuccessful', 'False', { reason: 'Rolling' }, 2, [110, 210, 210]),
      validatorAt120,
    ],
  },
  {
    name: 'once all are at generation 2, a False for it makes Available False at the time of the last report',
    rules: '6.5, 6.6, 6.7',
    events: [
      ...allReady,
      both.spec(200),
      both.report('dns', 2, 210, 'False'),
      both.report('validator', 2, 220, 'True'),
    ],
    conditions: [
      condition('Available', 'False', unavailable('dns'), 2, [100, 210, 220]),
      condition('Ready', 'False', unavailable('dns'), 2, [100, 210, 200]),
      condition('DnsSuccessful', 'False', {}, 2, [110, 210, 210]),
      condition('ValidatorSuccessful', 'True', {}, 2, [120, 220, 120]),
    ],
  },
  {
    name: 'one common generation makes Available True even when it is behind the current one',
    rules: '6.4, 6.5, 6.6',
    events: [both.spec(150), both.report('dns', 1, 160, 'True'), both.report('validator', 1, 170, 'True')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 160, 170]),
      condition('Ready', 'False', waiting('2: dns, validator'), 0, [100, 150, 100]),
      condition('DnsSuccessful', 'True', {}, 1, [160, 160, 160]),
      condition('ValidatorSuccessful', 'True', {}, 1, [170, 170, 170]),
    ],
  },
  {
    name: 'Available False takes the greatest generation reported, below the current one, and keeps its time',
    rules: '6.5, 6.6, 6.9',
    events: [
      both.report('dns', 1, 110, 'False'),
      both.spec(200),
      both.spec(210),
      both.report('validator', 2, 220, 'True'),
    ],
    conditions: [
      condition('Available', 'False', waiting('2: dns'), 2, [100, 110, 100]),
      condition('Ready', 'False', waiting('3: dns, validator'), 1, [100, 210, 100]),
      condition('DnsSuccessful', 'False', {}, 1, [110, 110, 110]),
      condition('ValidatorSuccessful', 'True', {}, 2, [220, 220, 220]),
    ],
  },
  {
    name: 'Ready observes a new generation with the first report about it, whatever its status',
    rules: '6.4, 6.8',
    events: [...allReady, both.spec(200), both.spec(210), both.report('dns', 3, 220, 'False')],
    conditions: [
      availableSince120,
      condition('Ready', 'False', unavailable('dns'), 3, [100, 220, 200]),
      condition('DnsSuccessful', 'False', {}, 3, [110, 220, 220]),
      validatorAt120,
    ],
  },
  {
    name: 'reports about an older generation do not change the generation that Ready observes',
    rules: '6.4, 6.6, 6.9',
    events: [
      ...allReady,
      both.spec(200),
      both.report('dns', 2, 210, 'True'),
      both.spec(300),
      both.report('validator', 2, 310, 'False'),
    ],
    conditions: [
      condition('Available', 'False', unavailable('validator'), 2, [100, 310, 310]),
      condition('Ready', 'False', waiting('3: dns, validator'), 2, [100, 300, 200]),
      condition('DnsSuccessful', 'True', {}, 2, [110, 210, 110]),
      condition('ValidatorSuccessful', 'False', {}, 2, [120, 310, 310]),
    ],
  },
  {
    name: 'a report of an adapter that is not required, or an Unknown, does not make Ready observe the generation',
    rules: '5.6, 6.3, 6.4',
    events: [
      ...allReady,
      both.spec(200),
      both.report('extra', 2, 210, 'True'),
      both.report('other', 2, 220, 'Unknown'),
    ],
    conditions: [
      availableSince120,
      condition('Ready', 'False', waiting('2: dns, validator'), 1, [100, 200, 200]),
      dnsAt110,
      validatorAt120,
      condition('ExtraSuccessful', 'True', {}, 2, [210, 210, 210]),
    ],
  },
]
