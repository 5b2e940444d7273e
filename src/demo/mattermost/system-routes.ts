// Endpoints about the server itself: the ping that health checks use, the client configuration, the push receipt.
import type { Exchange } from './exchange.ts';
import { replyJson } from './exchange.ts';
import { versionNumber } from './node-context.ts';
import type { Route } from './route.ts';
import { withSession } from './route.ts';

function servePing(exchange: Exchange): void {
  const { node, response, target } = exchange;
  const health = node.health();
  const isDetailed = target.query.get('get_server_status') === 'true';
  const parts = isDetailed ? [health.server, health.database, health.filestore] : [health.server];
  const status = parts.every((part) => part === 'OK') ? 'OK' : 'UNHEALTHY';
  if (isDetailed) {
    // Underscores in header names are what a real server sends here.
    response.setHeader('Status', status);
    response.setHeader('Database_status', health.database);
    response.setHeader('Filestore_status', health.filestore);
  }
  const hasRestSemantics = target.query.get('use_rest_semantics') === 'true';
  replyJson(exchange, status === 'OK' || hasRestSemantics ? 200 : 500, {
    ActiveSearchBackend: 'database',
    AndroidLatestVersion: '',
    AndroidMinVersion: '',
    IosLatestVersion: '',
    IosMinVersion: '',
    status,
    ...(isDetailed ? { database_status: health.database, filestore_status: health.filestore } : {}),
  });
}

function serveClientConfig(exchange: Exchange): void {
  replyJson(exchange, 200, {
    BuildNumber: 'demo',
    EnableSignInWithEmail: 'true',
    EnableSignInWithUsername: 'true',
    EnableSignUpWithEmail: 'false',
    MaxFileSize: String(exchange.node.town.maxFileBytes),
    SiteName: 'Mattermost (demo)',
    SiteURL: exchange.node.siteUrl,
    Version: versionNumber,
    WebsocketURL: '',
  });
}

/** The endpoints. HEAD on the ping is an addition: a real server of today knows only GET there. */
export const systemRoutes: readonly Route[] = [
  { methods: ['GET', 'HEAD'], pattern: /^\/api\/v4\/system\/ping$/, serve: servePing },
  { methods: ['GET'], pattern: /^\/api\/v4\/config\/client$/, serve: serveClientConfig },
  {
    methods: ['POST'],
    pattern: /^\/api\/v4\/notifications\/ack$/,
    serve: withSession((exchange) => replyJson(exchange, 200, { status: 'OK' })),
  },
];
