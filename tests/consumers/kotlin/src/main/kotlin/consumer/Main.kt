package consumer

import io.headgate.Decision
import io.headgate.Limit
import io.headgate.Limiter
import io.headgate.net.ClientAddress

/** Limits in Kotlin, which takes what the library says of null at its word. */
object Main {

    @JvmStatic
    fun main(arguments: Array<String>) {
        val limiter: Limiter<ClientAddress> = Limiter.forAddresses(Limit.parse("1/hour")).build()
        limiter.use {
            val client: ClientAddress = ClientAddress.tryParse("192.0.2.1") ?: error("no address")
            check(ClientAddress.tryParse("localhost")?.isIpv4 == null)
            check(limiter.peek(client).allowed())
            val first: Decision = limiter.decide(client)
            check(first.allowed())
            check(!limiter.tryAcquire(client))
            check(limiter.decide(client).retryAfterSeconds().asLong in 1..3600)
        }
        println("core, in Kotlin: admits, then denies")
    }
}
