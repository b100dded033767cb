// Guards /members on the server, as Amplify's documentation shows it.
//
// It carries a fault of its own: a refused refresh deletes cookies on `response`, and the redirect is another response,
// so the deletions never reach the browser.

import { NextResponse, type NextRequest } from "next/server";
import { look } from "@/lib/amplify-server";

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const response = NextResponse.next();
  const { username } = await look({ request, response });
  if (username) {
    return response;
  }
  const host = request.headers.get("x-forwarded-host") ?? request.headers.get("host");
  const scheme = request.headers.get("x-forwarded-proto") ?? "http";
  return NextResponse.redirect(new URL("/login", `${scheme}://${host}`));
}

export const config = { matcher: "/members" };
