// Original file: proto/tvix/store/protos/pathinfo.proto

import type { StorePath as _tvix_store_v1_StorePath, StorePath__Output as _tvix_store_v1_StorePath__Output } from '../../../tvix/store/v1/StorePath.js';
import type { Long } from '@grpc/proto-loader';

export interface _tvix_store_v1_NARInfo_CA {
  'type'?: (_tvix_store_v1_NARInfo_CA_Hash);
  'digest'?: (Buffer | Uint8Array | string);
}

export interface _tvix_store_v1_NARInfo_CA__Output {
  'type'?: (_tvix_store_v1_NARInfo_CA_Hash__Output);
  'digest'?: (Buffer);
}

// Original file: proto/tvix/store/protos/pathinfo.proto

export const _tvix_store_v1_NARInfo_CA_Hash = {
  NAR_SHA256: 'NAR_SHA256',
  NAR_SHA1: 'NAR_SHA1',
  NAR_SHA512: 'NAR_SHA512',
  NAR_MD5: 'NAR_MD5',
  TEXT_SHA256: 'TEXT_SHA256',
  FLAT_SHA1: 'FLAT_SHA1',
  FLAT_MD5: 'FLAT_MD5',
  FLAT_SHA256: 'FLAT_SHA256',
  FLAT_SHA512: 'FLAT_SHA512',
} as const;

export type _tvix_store_v1_NARInfo_CA_Hash =
  | 'NAR_SHA256'
  | 0
  | 'NAR_SHA1'
  | 1
  | 'NAR_SHA512'
  | 2
  | 'NAR_MD5'
  | 3
  | 'TEXT_SHA256'
  | 4
  | 'FLAT_SHA1'
  | 5
  | 'FLAT_MD5'
  | 6
  | 'FLAT_SHA256'
  | 7
  | 'FLAT_SHA512'
  | 8

export type _tvix_store_v1_NARInfo_CA_Hash__Output = typeof _tvix_store_v1_NARInfo_CA_Hash[keyof typeof _tvix_store_v1_NARInfo_CA_Hash]

export interface _tvix_store_v1_NARInfo_Signature {
  'name'?: (string);
  'data'?: (Buffer | Uint8Array | string);
}

export interface _tvix_store_v1_NARInfo_Signature__Output {
  'name'?: (string);
  'data'?: (Buffer);
}

export interface NARInfo {
  'narSize'?: (number | string | Long);
  'narSha256'?: (Buffer | Uint8Array | string);
  'signatures'?: (_tvix_store_v1_NARInfo_Signature)[];
  'referenceNames'?: (string)[];
  'deriver'?: (_tvix_store_v1_StorePath | null);
  'ca'?: (_tvix_store_v1_NARInfo_CA | null);
}

export interface NARInfo__Output {
  'narSize'?: (string);
  'narSha256'?: (Buffer);
  'signatures': (_tvix_store_v1_NARInfo_Signature__Output)[];
  'referenceNames': (string)[];
  'deriver'?: (_tvix_store_v1_StorePath__Output);
  'ca'?: (_tvix_store_v1_NARInfo_CA__Output);
}
