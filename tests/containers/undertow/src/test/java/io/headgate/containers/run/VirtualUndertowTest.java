package io.headgate.containers.run;

import io.headgate.containers.Container;
import io.headgate.containers.VirtualThreads;

class VirtualUndertowTest implements VirtualThreads {

    @Override
    public Container container() {
        return UndertowServer.on(VirtualThreads.executor());
    }
}
