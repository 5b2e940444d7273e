// Steps: a node is taken out of service as a rolling update does it: drained, removed, stopped.
import type { Conversation } from '../mattermost/conversation.ts';
import { type Change, edit, expectAnswer, replace } from './live-edit.ts';
import { cookiesOf, type Scene } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';
import { until } from './waiting.ts';
import { isHello, isPosted, openOn, postAsAlice } from './websockets.ts';
import { stickyValueOf } from './world.ts';

const LEAVING = 'node-2';
const ENDPOINTS = 'endpoints.yaml';
const CONDITIONS = new RegExp(`conditions: \\{.*\\} # ${LEAVING}`);
const CLIENTS = 4;
const REQUESTS_EACH_SIDE = 5;
