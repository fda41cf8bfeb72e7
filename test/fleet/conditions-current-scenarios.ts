// Histories of today's clients and of deletions, with the expected conditions, worked out by hand from the contract.
import {
  ACCESSIBLE,
  ALL_KNOWN,
  allReady,
  availableSince120,
  both,
  CHILDREN,
  condition,
  DELETING,
  DENIED,
  dnsAt110,
  initialAvailable,
  MIXED,
  missing,
  NO_REPORTS,
  onlyDns,
  READY,
  RECONCILED,
  type Scenario,
  serving,
  unavailable,
  validatorAt120,
  waiting,
} from './conditions-notation.ts'

const current = serving('current', 'dns', 'validator')
const all = serving('both', 'dns', 'validator')
const currentOfNone = serving('current')
const birth = current.birth(100)
const currentReady = [current.report('dns', 1, 110, 'True'), current.report('validator', 1, 120, 'True')]
const reconciledSince120 = condition('Reconciled', 'True', RECONCILED, 1, [100, 110, 120])
const lastKnownSince120 = condition('LastKnownReconciled', 'True', ALL_KNOWN, 1, [100, 110, 120])

export const todaysClients: readonly Scenario[] = [
  {
    name: 'a new resource is not reconciled at generation 1 and names the adapters it waits for',
    rules: '1.5, 6.15, 6.19, 6.20',
    birth,
    events: [],
    conditions: [
      condition('Reconciled', 'False', missing('Available', 'dns, validator', ''), 1, [100, 100, 100]),
      condition('LastKnownReconciled', 'False', NO_REPORTS, 1, [100, 100, 100]),
    ],
  },
  {
    name: 'with no required adapters a new resource is not reconciled either, until its first report',
    rules: '6.1, 6.14, 6.20',
    birth: currentOfNone.birth(100),
    events: [currentOfNone.report('dns', 1, 110, 'True')],
    conditions: [
      condition('Reconciled', 'True', RECONCILED, 1, [100, 110, 110]),
      condition('LastKnownReconciled', 'True', ALL_KNOWN, 1, [100, 110, 110]),
      dnsAt110,
    ],
  },
  {
    name: 'one of two required adapters has reported',
    rules: '6.15, 6.16, 6.17, 6.18',
    birth,
    events: [current.report('dns', 1, 110, 'True')],
    conditions: [
      condition('Reconciled', 'False', missing('Available', 'validator', 'dns'), 1, [100, 110, 100]),
      condition('LastKnownReconciled', 'False', NO_REPORTS, 1, [100, 100, 100]),
      dnsAt110,
    ],
  },
  {
    name: 'all required adapters say True',
    rules: '6.14, 6.15, 6.16, 6.17, 6.18, 6.19',
    birth,
    events: currentReady,
    conditions: [reconciledSince120, lastKnownSince120, dnsAt110, validatorAt120],
  },
  {
    name: 'a change of generation makes Reconciled False at the new one and leaves LastKnownReconciled',
    rules: '6.14, 6.15, 6.16, 6.17',
    birth,
    events: [...currentReady, current.spec(200)],
    conditions: [
      condition(
        'Reconciled',
        'False',
        missing('Available', 'dns, validator', 'dns, validator'),
        2,
        [100, 200, 200],
      ),
      lastKnownSince120,
      dnsAt110,
      validatorAt120,
    ],
  },
  {
    name: 'if all adapters fail at a later generation, Available becomes False and LastKnownReconciled stays True',
    rules: '1.5, 6.5, 6.16, 6.17, 6.20',
    birth: all.birth(100),
    events: [
      all.report('dns', 1, 110, 'True'),
      all.report('validator', 1, 120, 'True'),
      all.spec(200),
      all.report('dns', 2, 210, 'False'),
      all.report('validator', 2, 205, 'False'),
    ],
    conditions: [
      condition('Available', 'False', unavailable('dns, validator'), 2, [100, 205, 205]),
      condition('Ready', 'False', unavailable('dns, validator'), 2, [100, 205, 200]),
      condition(
        'Reconciled',
        'False',
        missing('Available', 'dns, validator', 'dns, validator'),
        2,
        [100, 205, 200],
      ),
      lastKnownSince120,
      condition('DnsSuccessful', 'False', {}, 2, [110, 210, 210]),
      condition('ValidatorSuccessful', 'False', {}, 2, [120, 205, 205]),
    ],
  },
  {
    name: 'a False at the generation that it observes makes LastKnownReconciled False, with the time of the oldest report there',
    rules: '6.17, 6.18, 6.19',
    birth,
    events: [
      ...currentReady,
      current.report('dns', 1, 150, 'False'),
      current.report('validator', 1, 140, 'True'),
    ],
    conditions: [
      condition('Reconciled', 'False', missing('Available', 'dns', 'dns, validator'), 1, [100, 140, 150]),
      condition('LastKnownReconciled', 'False', DENIED, 1, [100, 140, 150]),
      condition('DnsSuccessful', 'False', {}, 1, [110, 150, 150]),
      condition('ValidatorSuccessful', 'True', {}, 1, [120, 140, 120]),
    ],
  },
  {
    name: 'True at several generations leaves LastKnownReconciled False at the greatest',
    rules: '6.17, 6.18, 6.19',
    birth,
    events: [
      current.spec(150),
      current.report('dns', 1, 160, 'True'),
      current.report('validator', 2, 170, 'True'),
    ],
    conditions: [
      condition('Reconciled', 'False', missing('Available', 'dns', 'dns, validator'), 2, [100, 170, 100]),
      condition('LastKnownReconciled', 'False', MIXED, 2, [100, 100, 100]),
      condition('DnsSuccessful', 'True', {}, 1, [160, 160, 160]),
      condition('ValidatorSuccessful', 'True', {}, 2, [170, 170, 170]),
    ],
  },
  {
    name: 'a newly required adapter without a report makes LastKnownReconciled False',
    rules: '6.13, 6.17, 6.19, 6.20',
    birth,
    events: [...currentReady, serving('current', 'dns', 'validator', 'extra').report('dns', 1, 130, 'True')],
    conditions: [
      condition('Reconciled', 'False', missing('Available', 'extra', 'dns, validator'), 1, [100, 120, 130]),
      condition('LastKnownReconciled', 'False', NO_REPORTS, 1, [100, 110, 130]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 130, 110]),
      validatorAt120,
    ],
  },
  {
    name: 'another compatibility applies to stored conditions with the next report, in its order',
    rules: '1.5',
    events: [...allReady, all.report('extra', 1, 130, 'False')],
    conditions: [
      availableSince120,
      condition('Ready', 'True', READY, 1, [100, 110, 120]),
      condition('Reconciled', 'True', RECONCILED, 1, [100, 110, 130]),
      condition('LastKnownReconciled', 'True', ALL_KNOWN, 1, [100, 110, 130]),
      dnsAt110,
      validatorAt120,
      condition('ExtraSuccessful', 'False', {}, 1, [130, 130, 130]),
    ],
  },
  {
    name: 'removed conditions return as on a new resource, also with a change of generation',
    rules: '1.5, 6.4, 6.8',
    birth,
    events: [...currentReady, both.spec(200)],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 200]),
      condition('Ready', 'False', waiting('2: dns, validator'), 0, [100, 200, 100]),
      dnsAt110,
      validatorAt120,
    ],
  },
  {
    name: 'an Unknown report does not apply another compatibility',
    rules: '1.5, 5.6',
    events: [...allReady, current.report('extra', 1, 130, 'Unknown')],
    conditions: [
      availableSince120,
      condition('Ready', 'True', READY, 1, [100, 110, 120]),
      dnsAt110,
      validatorAt120,
    ],
  },
]

export const deletions: readonly Scenario[] = [
  {
    name: 'a deletion makes Ready False with its own message, and leaves its generation and Available',
    rules: '11.2, 11.7, 11.10',
    events: [...allReady, both.deleted(200)],
    conditions: [
      availableSince120,
      condition('Ready', 'False', DELETING, 1, [100, 200, 200]),
      dnsAt110,
      validatorAt120,
    ],
  },
  {
    name: 'a deletion before any report has its own message, too, and waits for the required adapters',
    rules: '6.2, 11.7, 11.10',
    events: [both.deleted(200)],
    conditions: [initialAvailable, condition('Ready', 'False', DELETING, 0, [100, 200, 100])],
  },
  {
    name: 'a deletion without required adapters is finished at once',
    rules: '11.7, 11.8',
    events: [serving('documents').deleted(200)],
    conditions: [initialAvailable, condition('Ready', 'False', DELETING, 0, [100, 200, 100])],
    isFinished: true,
  },
  {
    name: 'an adapter that does not report Finalized makes nothing ready, and Ready follows the usual rules',
    rules: '6.4, 6.6, 11.10',
    events: [
      ...allReady,
      both.deleted(200),
      both.report('dns', 2, 210, 'True'),
      both.report('validator', 2, 220, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 2, [100, 210, 120]),
      condition('Ready', 'False', DELETING, 2, [100, 210, 200]),
      condition('DnsSuccessful', 'True', {}, 2, [110, 210, 110]),
      condition('ValidatorSuccessful', 'True', {}, 2, [120, 220, 120]),
    ],
  },
  {
    name: 'Finalized for an old generation finishes nothing, and adapters that are not required are not awaited',
    rules: '11.7',
    birth: all.birth(100),
    events: [
      all.report('dns', 1, 110, 'True'),
      all.report('validator', 1, 120, 'True'),
      all.deleted(200),
      all.finalized('dns', 2, 210),
      all.finalized('validator', 1, 220),
      all.finalized('extra', 2, 230),
    ],
    conditions: [
      condition('Available', 'False', unavailable('dns'), 2, [100, 210, 220]),
      condition('Ready', 'False', DELETING, 2, [100, 210, 200]),
      condition(
        'Reconciled',
        'False',
        missing('Finalized', 'validator', 'dns, validator'),
        2,
        [100, 210, 200],
      ),
      condition('LastKnownReconciled', 'False', DENIED, 2, [100, 210, 220]),
      condition('DnsSuccessful', 'False', {}, 2, [110, 210, 210]),
      condition('ValidatorSuccessful', 'False', {}, 1, [120, 220, 220]),
      condition('ExtraSuccessful', 'False', {}, 2, [230, 230, 230]),
    ],
  },
  {
    name: 'once all adapters have finished, only children remain',
    rules: '6.14, 6.15, 11.7, 11.8',
    birth,
    events: [
      ...currentReady,
      current.deleted(200),
      current.finalized('dns', 2, 220),
      current.finalized('validator', 2, 210),
    ],
    conditions: [
      condition('Reconciled', 'False', CHILDREN, 2, [100, 210, 200]),
      condition('LastKnownReconciled', 'True', ALL_KNOWN, 1, [100, 110, 120]),
      condition('DnsSuccessful', 'False', {}, 2, [110, 220, 220]),
      condition('ValidatorSuccessful', 'False', {}, 2, [120, 210, 210]),
    ],
    isFinished: true,
  },
  {
    name: 'a first Unknown report may finish a deletion and changes no condition',
    rules: '5.6, 11.7',
    events: [onlyDns.deleted(200), onlyDns.finalized('dns', 2, 210, 'Unknown')],
    conditions: [initialAvailable, condition('Ready', 'False', DELETING, 0, [100, 200, 100])],
    isFinished: true,
  },
  {
    name: 'with no required adapters, every adapter with a stored report is awaited, an Unknown one included',
    rules: '11.7',
    birth: currentOfNone.birth(100),
    events: [
      currentOfNone.report('dns', 1, 110, 'True'),
      currentOfNone.report('validator', 1, 120, 'Unknown'),
      currentOfNone.deleted(200),
      currentOfNone.finalized('dns', 2, 210),
    ],
    conditions: [
      condition('Reconciled', 'False', missing('Finalized', 'validator', 'dns'), 2, [100, 210, 200]),
      condition('LastKnownReconciled', 'True', ALL_KNOWN, 1, [100, 110, 110]),
      condition('DnsSuccessful', 'False', {}, 2, [110, 210, 210]),
    ],
  },
]
