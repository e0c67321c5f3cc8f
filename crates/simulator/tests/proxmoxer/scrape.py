"""Scrapes a running simulator with prometheus-pve-exporter, which was written for the original.

Usage: scrape.py HOST PORT CA_FILE READ_TOKEN. Over HTTPS, with every collector. Ends with status 0 when every
assertion held.
"""

import sys

from prometheus_client.parser import text_string_to_metric_families
from pve_exporter.collector import CollectorsOptions, collect_pve

host, port, ca_file, token = sys.argv[1:5]
name, secret = token.rsplit("=", 1)
user, token_name = name.split("!", 1)
config = {"user": user, "token_name": token_name, "token_value": secret, "verify_ssl": ca_file, "port": int(port)}
everything = CollectorsOptions(**{name: True for name in CollectorsOptions._fields})
text = collect_pve(config, host, "1", "1", everything).decode()

found = {}
for family in text_string_to_metric_families(text):
    for sample in family.samples:
        found.setdefault(sample.name, []).append(sample)


def value(metric, **labels):
    rows = [row for row in found[metric] if labels.items() <= row.labels.items()]
    assert len(rows) == 1, (metric, labels, rows)
    return rows[0].value


assert value("pve_up", id="node/atlas") == 1
assert value("pve_up", id="qemu/101") == 1
assert value("pve_up", id="qemu/105") == 0
assert value("pve_version_info", release="9.2") == 1
assert value("pve_cluster_info", quorate="1") == 1
assert value("pve_node_info", name="forge") == 1
assert value("pve_guest_info", id="lxc/204", name="mqtt", node="home") == 1
assert value("pve_ha_state", id="qemu/110", state="started") == 1
assert value("pve_lock_state", id="lxc/209", state="backup") == 1
assert value("pve_onboot_status", id="qemu/101") == 1
assert value("pve_cpu_usage_limit", id="node/forge") == 24
assert 0 < value("pve_memory_usage_bytes", id="qemu/101") <= value("pve_memory_size_bytes", id="qemu/101")
assert 0 < value("pve_disk_usage_bytes", id="storage/home/home-nvme")
assert value("pve_uptime_seconds", id="node/atlas") > 0
print(f"scraped {sum(len(rows) for rows in found.values())} figures")
