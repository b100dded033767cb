"use server";

import { cookies } from "next/headers";
import { look, type Seen } from "@/lib/amplify-server";

/** Who the server sees, by a server action. This is where the second set of cookies comes from. */
export async function lookInAction(forceRefresh: boolean): Promise<Seen> {
  return look({ cookies }, forceRefresh);
}
