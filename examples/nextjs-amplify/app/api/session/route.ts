// A route handler that uses `cookies()`: GET looks, POST refreshes.

import { cookies } from "next/headers";
import { look } from "@/lib/amplify-server";

export async function GET(): Promise<Response> {
  return Response.json(await look({ cookies }));
}

export async function POST(): Promise<Response> {
  return Response.json(await look({ cookies }, true));
}
