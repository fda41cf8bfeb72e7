// Paths of the API (contract, section 1).

export const API_ROOT = '/api/hyperfleet'
export const BASE_PATH = `${API_ROOT}/v1`
