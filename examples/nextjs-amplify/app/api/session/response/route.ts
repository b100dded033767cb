// A route handler that hands its request and a web Response to the adapter: GET looks, POST refreshes.
//
// The adapter appends Set-Cookie lines to the response that it was given, so they are carried over to the answer.

import type { NextRequest } from "next/server";
import { look } from "@/lib/amplify-server";

async function answer(request: NextRequest, forceRefresh: boolean): Promise<Response> {
  const response = new Response();
  const seen = await look({ request, response }, forceRefresh);
  return Response.json(seen, { headers: response.headers });
}

export async function GET(request: NextRequest): Promise<Response> {
  return answer(request, false);
}

export async function POST(request: NextRequest): Promise<Response> {
  return answer(request, true);
}
