import { cookies } from "next/headers";
import { Site } from "@/components/site";
import { look } from "@/lib/amplify-server";
import { settings } from "@/lib/settings";

export default async function Members() {
  const { username } = await look({ cookies });
  return <Site page="members" settings={settings()} seen={username} />;
}
