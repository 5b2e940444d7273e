// Endpoints of files: an upload streams in (multipart or the bare body), a download streams out.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AppError } from './app-error.ts';
import { appErrors } from './app-error.ts';
import { continueIfExpected, replyError, replyJson } from './exchange.ts';
import type { StoredFile } from './files.ts';
import { describeFile, FileReceiver } from './files.ts';
import { makeId } from './ids.ts';
import { boundaryOf, MultipartParser } from './multipart.ts';
import type { PathParameters, Route, UserExchange } from './route.ts';
import { withSession } from './route.ts';

/** Room for the frame of a multipart body beside the file itself. */
const frameBytes = 64 * 1024;
const maxFieldBytes = 1_024;

/** What an upload amounts to while its bytes arrive. */
type Intake = {
  /** Takes the next bytes; false to stop. */
  push(chunk: Buffer): boolean;
  /** The files and client ids, or what was wrong. */
  finish(): { readonly files: readonly StoredFile[]; readonly clientIds: readonly string[] } | AppError;
};

type FileName = { readonly name: string; readonly mimeType: string };

function complete(exchange: UserExchange, receiver: FileReceiver, { name, mimeType }: FileName): StoredFile {
  const { town } = exchange.node;
  return receiver.finish({
    id: makeId(town.random),
    name,
    mimeType,
    userId: exchange.session.user.id,
    channelId: town.square.channelId,
    createAt: town.now(),
  });
}

function createBareIntake(exchange: UserExchange): Intake {
  const receiver = new FileReceiver(exchange.node.town.maxFileBytes);
  let isTooLarge = false;
  return {
    push(chunk) {
      isTooLarge ||= !receiver.write(chunk);
      return !isTooLarge;
    },
    finish() {
      if (isTooLarge) return appErrors.fileTooLarge;
      const name = exchange.target.query.get('filename') ?? 'file';
      const mimeType = exchange.request.headers['content-type'] ?? 'application/octet-stream';
      return { files: [complete(exchange, receiver, { name, mimeType })], clientIds: [] };
    },
  };
}

function createMultipartIntake(exchange: UserExchange, boundary: string): Intake {
  const files: StoredFile[] = [];
  const clientIds: string[] = [];
  let part: { readonly receiver: FileReceiver; readonly file?: FileName; readonly field: string } | undefined;
  let error: AppError | undefined;
  let field = '';
  const parser = new MultipartParser(boundary, {
    begin({ name, filename, contentType }) {
      const file = filename === undefined ? {} : { file: { name: filename, mimeType: contentType } };
      const maxBytes = filename === undefined ? maxFieldBytes : exchange.node.town.maxFileBytes;
      part = { receiver: new FileReceiver(maxBytes), field: name, ...file };
      field = '';
    },
    write(chunk) {
      if (part && !part.receiver.write(chunk)) {
        error ??= part.file ? appErrors.fileTooLarge : appErrors.unreadableUpload;
      } else if (part?.field === 'client_ids') field += chunk.toString();
    },
    end() {
      if (part?.file) files.push(complete(exchange, part.receiver, part.file));
      else if (part?.field === 'client_ids') clientIds.push(field);
    },
  });
  let state = parser.push(Buffer.alloc(0));
  return {
    push(chunk) {
      state = parser.push(chunk);
      return error === undefined && state !== 'malformed';
    },
    finish() {
      return error ?? (state === 'done' ? { files, clientIds } : appErrors.unreadableUpload);
    },
  };
}

async function serveUpload(exchange: UserExchange): Promise<void> {
  const { request, node } = exchange;
  const declaredBytes = Number(request.headers['content-length'] ?? Number.NaN);
  if (declaredBytes === 0) return replyError(exchange, appErrors.unreadableUpload);
  const boundary = boundaryOf(request.headers['content-type'] ?? '');
  const maxBytes = node.town.maxFileBytes + (boundary === undefined ? 0 : frameBytes);
  if (declaredBytes > maxBytes) return replyError(exchange, appErrors.fileTooLarge);
  continueIfExpected(exchange);
  const intake =
    boundary === undefined ? createBareIntake(exchange) : createMultipartIntake(exchange, boundary);
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!intake.push(chunk)) break;
  }
  const result = intake.finish();
  if ('statusCode' in result) return replyError(exchange, result);
  for (const file of result.files) node.town.files.add(file);
  replyJson(exchange, 201, { file_infos: result.files.map(describeFile), client_ids: result.clientIds });
}

async function serveDownload(exchange: UserExchange, parameters: PathParameters): Promise<void> {
  const file = exchange.node.town.files.find(parameters['fileId'] ?? '');
  if (file === undefined) return replyError(exchange, appErrors.fileNotFound);
  const { response } = exchange;
  const name = encodeURIComponent(file.name);
  response.writeHead(200, {
    'Content-Type': file.mimeType,
    'Content-Length': file.sizeBytes,
    'Content-Disposition': `attachment;filename="${name}"; filename*=UTF-8''${name}`,
    'Cache-Control': 'private, max-age=86400',
  });
  await pipeline(Readable.from(file.content), response);
}

/** The endpoints. A missing channel_id means the town's one channel. */
export const fileRoutes: readonly Route[] = [
  { methods: ['POST'], pattern: /^\/api\/v4\/files$/, serve: withSession(serveUpload) },
  {
    methods: ['GET'],
    pattern: /^\/api\/v4\/files\/(?<fileId>[a-z0-9]{26})$/,
    serve: withSession(serveDownload),
  },
];
