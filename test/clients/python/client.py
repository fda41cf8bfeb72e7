"""Creates a cluster with a spec and labels, reports about it, reads it back and finds it again, by a client that is generated."""

import datetime
import sys
import time

from hyperfleet_client import Client
from hyperfleet_client.api.clusters import get_cluster_by_id, get_clusters, post_cluster
from hyperfleet_client.api.statuses import put_cluster_statuses
from hyperfleet_client.models import AdapterStatusReport, Cluster, ClusterCreateRequest, ClusterList, Problem


def check(holds, what):
    if not holds:
        raise SystemExit(what)


client = Client(base_url=sys.argv[1])
name = f"python-{time.time_ns() // 1_000_000}"
document = {
    "kind": "Cluster",
    "name": name,
    "spec": {"region": "us-east1", "replicas": 3},
    "labels": {"made_by": "python"},
}

made = post_cluster.sync(client=client, body=ClusterCreateRequest.from_dict(document))
check(isinstance(made, Cluster), f"the cluster is not created: {made}")

report = AdapterStatusReport.from_dict(
    {
        "adapter": "validator",
        "observed_generation": made.generation,
        "observed_time": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "conditions": [
            {"type": kind, "status": "True", "reason": None} for kind in ("Available", "Applied", "Health")
        ],
        "data": {"quota": {"cpus": 96}},
    }
)
reported = put_cluster_statuses.sync_detailed(made.id, client=client, body=report)
check(reported.status_code == 201, f"the report is answered {reported.status_code}")

read = get_cluster_by_id.sync(made.id, client=client)
check(isinstance(read, Cluster), "the cluster cannot be read")
check(read.spec["region"] == "us-east1" and read.spec["replicas"] == 3, f"the spec is {read.spec}")
check(read.labels["made_by"] == "python", f"the labels are {read.labels}")
check(
    any(condition.type_ == "Available" and condition.status == "True" for condition in read.status.conditions),
    "the report has not made it available",
)

found = get_clusters.sync(client=client, search=f"name = '{name}'", page_size=10)
check(isinstance(found, ClusterList), "the clusters cannot be listed")
check([item.id for item in found.items] == [made.id], "the search does not find it")

refused = post_cluster.sync(client=client, body=ClusterCreateRequest.from_dict({**document, "labels": None}))
check(isinstance(refused, Problem) and refused.code == "HYPERFLEET-CNF-001", f"a taken name gives {refused}")
print(f"the Python client has created, reported, read and found {name}")
