// Step: a large file goes up and comes down again, byte for byte.
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { isObject, textOf } from '../mattermost/exchange.ts';
import type { Reply } from '../mattermost/session.ts';
import type { Scene } from './scene.ts';
import { expectSame, type Step } from './step.ts';

const MEGABYTE = 1024 * 1024;
const FILE_MEGABYTES = 20;
const PIECE_BYTES = 64 * 1024;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The file in pieces, each told of when it is taken. */
function* piecesOf(file: Buffer, onProgress: (sentBytes: number) => void): Generator<Buffer> {
  for (let at = 0; at < file.length; at += PIECE_BYTES) {
    onProgress(at);
    yield file.subarray(at, at + PIECE_BYTES);
  }
}

function fileIdOf({ body }: Reply): string {
  const answer: unknown = JSON.parse(body.toString());
  const infos: readonly unknown[] =
    isObject(answer) && Array.isArray(answer['file_infos']) ? answer['file_infos'] : [];
  const [info] = infos;
  return isObject(info) ? textOf(info, 'id') : '';
}

async function upload(scene: Scene): Promise<void> {
  const { token } = await scene.world.session('alice');
  const headers = { ...scene.secretHeader, Authorization: `Bearer ${token}` };
  const file = randomBytes(FILE_MEGABYTES * MEGABYTE);
  const body = Readable.from(
    piecesOf(file, (sentBytes) =>
      scene.progress(`${Math.round(sentBytes / MEGABYTE)} of ${FILE_MEGABYTES} MB`),
    ),
  );
  const fields = { ...headers, 'Content-Type': 'image/jpeg', 'Content-Length': String(file.length) };
  const up = await scene.ask(
    {
      path: '/api/v4/files?filename=holiday.jpg',
      method: 'POST',
      headers: fields,
      body,
      showing: `${FILE_MEGABYTES} MB`,
    },
    { status: 201, rule: 'managed-mobile-app' },
  );
  const down = await scene.ask({ path: `/api/v4/files/${fileIdOf(up)}`, headers }, { status: 200 });
  scene.note(`  ${down.body.length} bytes, SHA-256 ${sha256(down.body).slice(0, 16)}...`);
  expectSame('SHA-256 of what came back', sha256(down.body), sha256(file));
}

export const uploadSteps: readonly Step<Scene>[] = [
  { name: `A file of ${FILE_MEGABYTES} MB goes up and comes down unchanged`, run: upload },
];
