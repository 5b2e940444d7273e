// The errors of Mattermost's API that the fake server can answer with: identifier, words, status code.

/** An error as Mattermost shows it in JSON. */
export type AppError = { readonly id: string; readonly message: string; readonly statusCode: number };

/** All errors by what happened. */
export const appErrors = {
  sessionExpired: {
    id: 'api.context.session_expired.app_error',
    message: 'Invalid or expired session, please login again.',
    statusCode: 401,
  },
  tokenProvided: {
    id: 'api.context.token_provided.app_error',
    message: 'Session is not OAuth but token was provided in the query string.',
    statusCode: 401,
  },
  invalidCredentials: {
    id: 'api.user.login.invalid_credentials_email_username',
    message: 'Enter a valid email or username and/or password.',
    statusCode: 401,
  },
  notFound: {
    id: 'api.context.404.app_error',
    message: 'Sorry, we could not find the page.',
    statusCode: 404,
  },
  urlTooLong: {
    id: 'basic_security_check.url.too_long_error',
    message: 'URL is too long',
    statusCode: 414,
  },
  bodyTooLarge: {
    id: 'api.context.request_body_too_large.app_error',
    message: 'Request body is too large.',
    statusCode: 413,
  },
  fileTooLarge: {
    id: 'api.file.upload_file.too_large_detailed.app_error',
    message: 'Unable to upload file. File is too large.',
    statusCode: 413,
  },
  unreadableUpload: {
    id: 'api.file.upload_file.read_request.app_error',
    message: 'Unable to upload file(s). Error reading or parsing request data.',
    statusCode: 400,
  },
  fileNotFound: {
    id: 'app.file_info.get.app_error',
    message: 'Unable to get the file info.',
    statusCode: 404,
  },
  invalidBody: {
    id: 'api.context.invalid_body_param.app_error',
    message: 'Invalid or missing parameter in request body.',
    statusCode: 400,
  },
  invalidUrl: {
    id: 'api.context.invalid_url_param.app_error',
    message: 'Invalid or missing parameter in request URL.',
    statusCode: 400,
  },
  postTooLong: {
    id: 'model.post.is_valid.message_length.app_error',
    message: 'Post Message property is longer than the maximum permitted length.',
    statusCode: 400,
  },
  upgradeRefused: {
    id: 'api.web_socket.connect.upgrade.app_error',
    message: 'URL Blocked because of CORS.',
    statusCode: 400,
  },
  socketActionMissing: {
    id: 'api.web_socket_router.no_action.app_error',
    message: 'No websocket action.',
    statusCode: 400,
  },
  socketSequenceBad: {
    id: 'api.web_socket_router.bad_seq.app_error',
    message: 'Invalid sequence for WebSocket message.',
    statusCode: 400,
  },
  socketActionUnknown: {
    id: 'api.web_socket_router.bad_action.app_error',
    message: 'Unknown WebSocket action.',
    statusCode: 500,
  },
  socketParameterInvalid: {
    id: 'api.websocket_handler.invalid_param.app_error',
    message: 'Invalid parameter.',
    statusCode: 400,
  },
} as const satisfies Record<string, AppError>;

/** The JSON shape of an error. `requestId` is left out where Mattermost has none: on WebSockets. */
export function describeError(error: AppError, requestId?: string): Record<string, unknown> {
  const { id, message, statusCode } = error;
  return {
    id,
    message,
    detailed_error: '',
    ...(requestId === undefined ? {} : { request_id: requestId }),
    status_code: statusCode,
  };
}
