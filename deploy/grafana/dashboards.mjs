// The dashboards, as rows of panels. `node deploy/grafana/dashboards.mjs` writes the JSON files beside this one, which
// Grafana imports or provisions; with --check it only says whether they are as written here.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = 'job="natter", instance=~"$instance"';
const rate = (name, labels = '') => `rate(${name}{${HERE}${labels && `, ${labels}`}}[$__rate_interval])`;
const quantile = (q, name, labels = '', by = '') =>
  `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (${rate(`${name}_bucket`, labels)}))`;
const percentiles = (name, labels) =>
  [0.5, 0.95, 0.99].map((q) => [quantile(q, name, labels), `p${q * 100}`]);
const gauge = (name, labels = '') => `${name}{${HERE}${labels && `, ${labels}`}}`;
const PEOPLE = 'route!~"/health.*|/metrics"';

// A panel: its title, its unit, its queries with what their lines are called, and from where on it is worth a look.
const panel = (title, unit, queries, limit) => ({ title, unit, queries, limit });

const overview = {
  file: 'natter-overview',
  title: 'Natter: overview',
  rows: [
    ['How it is', [
      panel('Instances that answer', 'short', [['count(up{job="natter"} == 1) or vector(0)', 'instances']]),
      panel('People connected', 'short', [['natter:sockets:sum', 'sockets']]),
      panel('Requests that fail', 'percentunit', [['natter:http_errors:ratio5m', 'failed']], 0.05),
      panel('Deliveries, p95', 'ms', [['natter:delivery_ms:p95_5m', 'p95']], 150),
    ]],
    ['Requests', [
      panel('Requests a second, by status', 'reqps', [
        [`sum by (status) (${rate('http_request_duration_seconds_count', PEOPLE)})`, '{{status}}'],
      ]),
      panel('How long they take', 's', percentiles('http_request_duration_seconds', PEOPLE), 1),
      panel('The slowest routes, p95', 's', [
        [`topk(8, ${quantile(0.95, 'http_request_duration_seconds', PEOPLE, 'route')})`, '{{route}}'],
      ]),
      panel('Under way', 'short', [[gauge('http_requests_in_flight'), '{{instance}}']]),
    ]],
    ['Talk', [
      panel('From accepting a message to every reader', 'ms', percentiles('message_delivery_time_ms'), 80),
      panel('Sockets', 'short', [[gauge('websocket_active_connections'), '{{instance}}']]),
      panel('Messages sent over sockets a second', 'short', [
        [`sum(${rate('websocket_frames_received_total', 'type="send"')})`, 'sent'],
      ]),
      panel('Connections that end a minute, by close code', 'short', [
        [`60 * sum by (code) (${rate('websocket_closed_total')})`, '{{code}}'],
      ]),
    ]],
    ['Resources', [
      panel('Processor', 'percentunit', [
        [`${rate('process_cpu_seconds_total')} / ${gauge('process_cpu_limit_cores')}`, '{{instance}}'],
      ], 0.9),
      panel('Memory', 'bytes', [
        [gauge('process_resident_memory_bytes'), '{{instance}}'],
        [`min(${gauge('process_memory_limit_bytes')})`, 'limit'],
      ]),
      panel('Open files', 'percentunit', [
        [`${gauge('process_open_fds')} / ${gauge('process_max_fds')}`, '{{instance}}'],
      ], 0.8),
      panel('Tasks run late by, p95', 's', [[quantile(0.95, 'runtime_lag_seconds', '', 'instance'), '{{instance}}']], 0.1),
    ]],
    ['Dependencies', [
      panel('Well (1) or away (0)', 'short', [[`min by (dependency) (${gauge('dependency_up')})`, '{{dependency}}']]),
      panel('Circuit breakers: 0 closed, 1 tried, 2 open', 'short', [
        [`max by (breaker) (${gauge('circuit_breaker_state')})`, '{{breaker}}'],
      ]),
      panel('Reads that the cache answers', 'percentunit', [['natter:cache_hits:ratio5m', '{{cache}}']]),
      panel('Since the last backup', 's', [[`time() - max(${gauge('last_backup_timestamp_seconds')})`, 'age']], 93600),
    ]],
  ],
};

const live = {
  file: 'natter-live',
  title: 'Natter: sockets and delivery',
  rows: [
    ['Delivery', [
      panel('From accepting a message to every reader, by instance, p95', 'ms', [
        [quantile(0.95, 'message_delivery_time_ms', '', 'instance'), '{{instance}}'],
      ], 80),
      panel('The same by how many have the room open, p95', 'ms', [
        [quantile(0.95, 'hub_delivery_time_ms', '', 'readers'), '{{readers}} readers'],
      ], 80),
      panel('Deliveries within 30 ms', 'percentunit', [
        [`sum(${rate('message_delivery_time_ms_bucket', 'le="30"')}) / sum(${rate('message_delivery_time_ms_count')})`, 'within'],
      ]),
      panel('Turns that carried messages, a second', 'short', [
        [`sum by (instance) (${rate('message_delivery_time_ms_count')})`, '{{instance}}'],
      ]),
      panel('Through Redis and back', 's', percentiles('bus_round_trip_seconds')),
    ]],
    ['Sockets', [
      panel('Open', 'short', [[gauge('websocket_active_connections'), '{{instance}}']]),
      panel('Frames a second, by type', 'short', [
        [`sum by (type) (${rate('websocket_frames_received_total')})`, '{{type}}'],
      ]),
      panel('Ends a minute, by close code', 'short', [
        [`60 * sum by (code) (${rate('websocket_closed_total')})`, '{{code}}'],
      ]),
      panel('Slow readers closed, a minute', 'short', [
        [`60 * sum by (instance) (${rate('websocket_slow_readers_total')})`, '{{instance}}'],
      ]),
    ]],
    ['Coming back', [
      panel('Rooms resumed a second, by where the changes came from', 'short', [
        [`sum by (source) (${rate('hub_resumes_total')})`, '{{source}}'],
      ]),
      panel('Rooms that could not be opened, a minute', 'short', [
        [`60 * sum(${rate('hub_resume_failures_total')})`, 'failed'],
      ], 6),
      panel('Comparisons with the store, a minute', 'short', [
        [`60 * sum by (instance) (${rate('hub_gaps_total')})`, '{{instance}}'],
      ]),
      panel('Typing, presence and head frames dropped, a second', 'short', [
        [`sum by (instance) (${rate('hub_ephemeral_dropped_total')})`, '{{instance}}'],
      ]),
    ]],
    ['Between instances', [
      panel('Events that wait to be sent', 'short', [[gauge('bus_queue_length'), '{{instance}}']]),
      panel('Events not sent, or not understood, a minute', 'short', [
        [`60 * sum(${rate('bus_unsent_total')})`, 'not sent'],
        [`60 * sum(${rate('bus_skipped_total')})`, 'not understood'],
      ]),
      panel('Subscriptions lost, a minute', 'short', [
        [`60 * sum by (instance) (${rate('bus_reconnects_total')})`, '{{instance}}'],
      ]),
      panel('Clocks, compared with Redis\'', 's', [[gauge('clock_offset_seconds'), '{{instance}}']], 2),
    ]],
    ['Scaling', [
      panel('Instances wanted', 'short', [
        ['natter:instances_wanted:sockets', 'by sockets'],
        ['natter:instances_wanted:delivery', 'by delivery'],
        ['count(up{job="natter"} == 1)', 'there are'],
      ]),
      panel('Tasks alive', 'short', [[gauge('runtime_tasks'), '{{instance}}']]),
      panel('Tasks that wait for a thread', 'short', [[gauge('runtime_queue_length'), '{{instance}}']]),
      panel('Threads', 'short', [[gauge('process_threads'), '{{instance}}'], [gauge('runtime_workers'), '{{instance}} run tasks']]),
    ]],
  ],
};

const store = {
  file: 'natter-store',
  title: 'Natter: database, Redis and cache',
  rows: [
    ['Database', [
      panel('How long operations take', 's', percentiles('database_query_duration_seconds'), 0.05),
      panel('The slowest operations, p95', 's', [
        [`topk(8, ${quantile(0.95, 'database_query_duration_seconds', '', 'op')})`, '{{op}}'],
      ]),
      panel('Operations a second', 'ops', [
        [`topk(8, sum by (op) (${rate('database_query_duration_seconds_count')}))`, '{{op}}'],
      ]),
      panel('Operations per request', 'short', [
        [`sum(${rate('database_query_duration_seconds_count', 'op!="ping"')}) / sum(${rate('http_request_duration_seconds_count')})`, 'operations'],
      ]),
    ]],
    ['Writing', [
      panel('How long commits take', 's', percentiles('database_commit_duration_seconds')),
      panel('Writes that share a commit', 'short', [
        [`sum(${rate('database_batch_size_sum')}) / sum(${rate('database_batch_size_count')})`, 'mean'],
        [quantile(0.99, 'database_batch_size'), 'p99'],
      ]),
      panel('Writes that wait', 'short', [[gauge('database_queue_length'), '{{instance}}']], 500),
      panel('Disk: free', 'bytes', [[gauge('disk_free_bytes'), '{{instance}}'], [gauge('disk_size_bytes'), '{{instance}} size']]),
    ]],
    ['Connections', [
      panel('Busy', 'percentunit', [['natter:pool:ratio{instance=~"$instance"}', '{{instance}} {{pool}}']], 0.9),
      panel('Open', 'short', [
        [`sum by (pool, state) (${gauge('database_pool_connections')})`, '{{pool}} {{state}}'],
        [`sum by (pool) (${gauge('database_pool_connections_max')})`, '{{pool}} limit'],
      ]),
      panel('Wait for one', 's', percentiles('database_pool_wait_seconds')),
      panel('Got none in time, a minute', 'short', [[`60 * sum(${rate('database_pool_timeouts_total')})`, 'operations']], 1),
    ]],
    ['Cache', [
      panel('Hits, by cache', 'percentunit', [['natter:cache_hits:ratio5m', '{{cache}}']]),
      panel('Reads a second, by layer and outcome', 'short', [
        [`sum by (layer) (${rate('cache_hits_total')})`, '{{layer}} hits'],
        [`sum by (layer) (${rate('cache_misses_total')})`, '{{layer}} misses'],
      ]),
      panel('Old pages and searches, by who answered', 'short', [
        [`sum by (answer) (${rate('database_replica_reads_total')})`, '{{answer}}'],
      ]),
      panel('Breakers that opened, a minute', 'short', [
        [`60 * sum by (breaker) (${rate('circuit_breaker_trips_total')})`, '{{breaker}}'],
      ]),
    ]],
    ['Redis', [
      panel('How long it takes to answer', 's', percentiles('redis_command_duration_seconds')),
      panel('Questions a second', 'ops', [[`sum by (instance) (${rate('redis_command_duration_seconds_count')})`, '{{instance}}']]),
      panel('Connections', 'short', [[`sum by (instance, state) (${gauge('redis_pool_connections')})`, '{{instance}} {{state}}']]),
      panel('Versions, and spans dropped a minute', 'short', [
        [`count by (version) (${gauge('natter_build_info')})`, '{{version}}'],
        [`60 * sum(${rate('trace_spans_dropped_total')})`, 'spans dropped'],
      ]),
    ]],
  ],
};

const COLUMNS = 24;
const HEIGHT = 8;

function dashboard({ file, title, rows }) {
  const panels = [];
  let y = 0;
  for (const [name, inside] of rows) {
    panels.push({ id: panels.length + 1, type: 'row', title: name, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    inside.forEach((one, n) => {
      const w = COLUMNS / inside.length;
      panels.push(series(one, panels.length + 1, { x: n * w, y, w, h: HEIGHT }));
    });
    y += HEIGHT;
  }
  return {
    uid: file,
    title,
    tags: ['natter'],
    schemaVersion: 38,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [source(), instances()] },
    panels,
  };
}

const SOURCE = { type: 'prometheus', uid: '${source}' };

function series({ title, unit, queries, limit }, id, gridPos) {
  const steps = [{ color: 'green', value: null }];
  if (limit !== undefined) steps.push({ color: 'red', value: limit });
  return {
    id,
    type: 'timeseries',
    title,
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: unit === 'percentunit' || title.startsWith('Clocks') ? undefined : 0,
        custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' } },
        thresholds: { mode: 'absolute', steps },
      },
      overrides: [],
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(([expr, legendFormat], n) => ({ refId: String.fromCharCode(65 + n), datasource: SOURCE, expr, legendFormat })),
  };
}

const source = () => ({ name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' });
const instances = () => ({
  name: 'instance', label: 'Instance', type: 'query', datasource: SOURCE,
  query: { query: 'label_values(up{job="natter"}, instance)', refId: 'instances' },
  refresh: 2, includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' },
});

let stale = 0;
for (const each of [overview, live, store]) {
  const path = fileURLToPath(new URL(`${each.file}.json`, import.meta.url));
  const text = `${JSON.stringify(dashboard(each), null, 1)}\n`;
  if (process.argv[2] !== '--check') writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${each.file}.json is not what dashboards.mjs writes: run node deploy/grafana/dashboards.mjs`);
    stale = 1;
  }
}
process.exitCode = stale;
