// Histories with changing lists of required adapters and with discarded reports, worked out by hand from the contract.
import {
  ACCESSIBLE,
  allReady,
  both,
  condition,
  dnsAt110,
  initialAvailable,
  NOT_YET,
  none,
  onlyDns,
  onlyValidator,
  READY,
  type Scenario,
  unavailable,
  validatorAt120,
  waiting,
} from './conditions-notation.ts'

export const changedLists: readonly Scenario[] = [
  {
    name: 'an adapter taken off the list stops counting with the next report',
    rules: '6.3, 6.13',
    events: [
      both.report('dns', 1, 110, 'True'),
      both.report('validator', 1, 120, 'False'),
      onlyDns.report('dns', 1, 130, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 130, 130]),
      condition('Ready', 'True', READY, 1, [100, 130, 130]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 130, 110]),
      condition('ValidatorSuccessful', 'False', {}, 1, [120, 120, 120]),
    ],
  },
  {
    name: 'a report of an adapter that is not required applies a changed list',
    rules: '6.13',
    events: [...allReady, onlyDns.report('extra', 1, 130, 'False')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 120]),
      condition('Ready', 'True', READY, 1, [100, 110, 120]),
      dnsAt110,
      validatorAt120,
      condition('ExtraSuccessful', 'False', {}, 1, [130, 130, 130]),
    ],
  },
  {
    name: 'a spec change under a new list counts the reports that the new list requires',
    rules: '6.3, 6.8, 6.13',
    events: [onlyValidator.report('dns', 1, 110, 'True'), onlyDns.spec(200)],
    conditions: [
      initialAvailable,
      condition('Ready', 'False', waiting('2: dns'), 0, [100, 200, 100]),
      dnsAt110,
    ],
  },
  {
    name: 'a first Unknown report does not apply a changed list',
    rules: '5.6, 6.13',
    events: [onlyDns.report('dns', 1, 110, 'True'), onlyValidator.report('validator', 1, 120, 'Unknown')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 110]),
      condition('Ready', 'True', READY, 1, [100, 110, 110]),
      dnsAt110,
    ],
  },
  {
    name: 'a discarded report does not apply a changed list',
    rules: '5.3d, 6.13',
    events: [onlyDns.report('dns', 1, 110, 'True'), onlyValidator.report('dns', 1, 120, 'Unknown')],
    verdicts: ['stored', 'unknown'],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 110]),
      condition('Ready', 'True', READY, 1, [100, 110, 110]),
      dnsAt110,
    ],
  },
  {
    name: 'if no adapter of a new list has reported, Available stays True and Ready waits since the last spec change',
    rules: '6.4, 6.5, 6.6, 6.13',
    events: [onlyDns.report('dns', 1, 110, 'True'), onlyValidator.report('dns', 1, 130, 'True')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 110]),
      condition('Ready', 'False', waiting('1: validator'), 1, [100, 100, 130]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 130, 110]),
    ],
  },
  {
    name: 'if no adapter of a new list has reported, Available stays False at its generation and names the awaited adapters',
    rules: '6.5, 6.6, 6.9, 6.13',
    events: [
      onlyDns.report('dns', 1, 110, 'False'),
      onlyDns.spec(200),
      onlyValidator.report('dns', 2, 210, 'False'),
    ],
    conditions: [
      condition('Available', 'False', waiting('1: validator'), 1, [100, 110, 100]),
      condition('Ready', 'False', waiting('2: validator'), 1, [100, 200, 100]),
      condition('DnsSuccessful', 'False', {}, 2, [110, 210, 110]),
    ],
  },
  {
    name: 'an adapter that has reported only Unknown is awaited if it is required, and not if none is',
    rules: '6.1, 6.3, 6.9',
    events: [
      both.report('validator', 1, 110, 'Unknown'),
      both.report('dns', 1, 120, 'True'),
      none.report('dns', 1, 130, 'True'),
      both.report('dns', 1, 140, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 130, 130]),
      condition('Ready', 'False', waiting('1: validator'), 1, [100, 140, 140]),
      condition('DnsSuccessful', 'True', {}, 1, [120, 140, 120]),
    ],
  },
  {
    name: 'with no adapters required, every adapter that has reported True or False counts',
    rules: '6.1, 6.4, 6.5',
    events: [none.report('dns', 1, 110, 'True'), none.report('validator', 1, 120, 'False'), none.spec(200)],
    conditions: [
      condition('Available', 'False', unavailable('validator'), 1, [100, 120, 120]),
      condition('Ready', 'False', waiting('2: dns, validator'), 1, [100, 200, 120]),
      dnsAt110,
      condition('ValidatorSuccessful', 'False', {}, 1, [120, 120, 120]),
    ],
  },
  {
    name: 'the initial message never returns, although Ready still observes generation 0',
    rules: '6.2, 6.4, 6.9, 6.13',
    events: [
      onlyDns.spec(150),
      onlyDns.report('dns', 1, 160, 'True'),
      onlyValidator.report('dns', 1, 170, 'True'),
      onlyValidator.spec(200),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 160, 160]),
      condition('Ready', 'False', waiting('3: validator'), 0, [100, 200, 100]),
      condition('DnsSuccessful', 'True', {}, 1, [160, 170, 160]),
    ],
  },
  {
    name: 'a spec change that makes a report count ends the initial message; Available follows later',
    rules: '6.2, 6.5, 6.8, 6.9, 6.13',
    events: [
      onlyValidator.report('dns', 1, 110, 'True'),
      onlyDns.spec(200),
      onlyValidator.report('dns', 1, 210, 'True'),
    ],
    conditions: [
      condition('Available', 'False', waiting('0: validator'), 0, [100, 100, 100]),
      condition('Ready', 'False', waiting('2: validator'), 0, [100, 200, 100]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 210, 110]),
    ],
  },
  {
    name: 'a new list whose adapters have not reported leaves the generation that Ready observes',
    rules: '6.4, 6.13',
    events: [
      onlyDns.spec(150),
      onlyDns.report('dns', 2, 160, 'True'),
      onlyValidator.report('dns', 2, 170, 'True'),
      onlyValidator.spec(200),
      onlyValidator.report('validator', 2, 210, 'True'),
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 2, [100, 210, 160]),
      condition('Ready', 'False', waiting('3: validator'), 2, [100, 200, 170]),
      condition('DnsSuccessful', 'True', {}, 2, [160, 170, 160]),
      condition('ValidatorSuccessful', 'True', {}, 2, [210, 210, 210]),
    ],
  },
  {
    name: 'a new list whose adapters have reported the generation makes Ready observe it, with the next report',
    rules: '6.4, 6.13',
    events: [
      onlyDns.report('dns', 1, 110, 'True'),
      onlyDns.spec(200),
      onlyDns.report('validator', 2, 210, 'False'),
      onlyValidator.report('dns', 1, 220, 'True'),
    ],
    conditions: [
      condition('Available', 'False', unavailable('validator'), 2, [100, 210, 220]),
      condition('Ready', 'False', unavailable('validator'), 2, [100, 210, 200]),
      condition('DnsSuccessful', 'True', {}, 1, [110, 220, 110]),
      condition('ValidatorSuccessful', 'False', {}, 2, [210, 210, 210]),
    ],
  },
]

export const discardedReports: readonly Scenario[] = [
  {
    name: 'future, past and Unknown reports are discarded; one with an equal time is not',
    rules: '5.3a, 5.3b, 5.3c, 5.3d, 5.5',
    events: [
      onlyDns.report('dns', 1, 110, 'True'),
      onlyDns.report('dns', 2, 120, 'False'),
      onlyDns.spec(200),
      onlyDns.report('dns', 2, 210, 'True', { message: 'first' }),
      onlyDns.report('dns', 1, 300, 'False'),
      onlyDns.report('dns', 2, 209, 'False'),
      onlyDns.report('dns', 2, 400, 'Unknown'),
      onlyDns.report('dns', 2, 210, 'True', { message: 'second' }),
    ],
    verdicts: [
      'stored',
      'future-generation',
      'stored',
      'old-generation',
      'earlier-time',
      'unknown',
      'stored',
    ],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 2, [100, 210, 110]),
      condition('Ready', 'True', READY, 2, [100, 210, 210]),
      condition('DnsSuccessful', 'True', { message: 'second' }, 2, [110, 210, 110]),
    ],
  },
  {
    name: 'a report for a newer generation is stored even if its time is earlier',
    rules: '5.3c, 6.6',
    events: [onlyDns.report('dns', 1, 110, 'True'), onlyDns.spec(200), onlyDns.report('dns', 2, 105, 'True')],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 2, [100, 105, 110]),
      condition('Ready', 'True', READY, 2, [100, 105, 105]),
      condition('DnsSuccessful', 'True', {}, 2, [110, 105, 110]),
    ],
  },
  {
    name: 'a stored Unknown report sets generation and time for later reports',
    rules: '5.3b, 5.3c, 5.3d, 5.6',
    events: [
      onlyDns.spec(150),
      onlyDns.report('dns', 2, 160, 'Unknown'),
      onlyDns.report('dns', 1, 170, 'True'),
      onlyDns.report('dns', 2, 159, 'True'),
      onlyDns.report('dns', 2, 180, 'Unknown'),
    ],
    verdicts: ['stored', 'old-generation', 'earlier-time', 'unknown'],
    conditions: [initialAvailable, condition('Ready', 'False', NOT_YET, 0, [100, 150, 100])],
  },
  {
    name: 'a first Unknown report of a future generation is discarded, and the next is still a first one',
    rules: '5.3a, 5.3d, 6.10',
    events: [
      onlyDns.report('dns', 2, 110, 'Unknown'),
      onlyDns.report('dns', 1, 105, 'Unknown'),
      onlyDns.report('dns', 1, 120, 'True'),
    ],
    verdicts: ['future-generation', 'stored', 'stored'],
    conditions: [
      condition('Available', 'True', ACCESSIBLE, 1, [100, 120, 120]),
      condition('Ready', 'True', READY, 1, [100, 120, 120]),
      condition('DnsSuccessful', 'True', {}, 1, [105, 120, 120]),
    ],
  },
]
